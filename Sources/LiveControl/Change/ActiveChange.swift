/// The change in progress.
struct ActiveChange {
  let id: Int
  let request: ChangeRequest
  var record = ChangeRecord()
  /// When its new nodes began to warm up.
  var warmUpBegan: ContinuousClock.Instant?
  /// A `rollback` while the old nodes stand by.
  var returnsToStandby = false

  init(_ id: Int, _ request: ChangeRequest, rate: Int) {
    self.id = id
    self.request = request
    record.rate = rate
  }
}
