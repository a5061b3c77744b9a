/// The change that is under way.
struct ActiveChange {
  let id: Int
  let request: ChangeRequest
  var record = ChangeRecord()
  /// When its new nodes began to run beside the old ones.
  var warmUpBegan: ContinuousClock.Instant?
  /// A `rollback` while the old nodes stand by.
  var returnsToStandby = false

  init(_ id: Int, _ request: ChangeRequest, rate: Int) {
    self.id = id
    self.request = request
    record.rate = rate
  }
}
