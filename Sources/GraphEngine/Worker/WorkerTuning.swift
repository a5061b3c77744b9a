/// New values for a node on a worker, and whether they are in effect. Only the thread with the node's turn touches it.
struct WorkerTuning {
  let entry: TuneEntry
  let point: UnsafeMutablePointer<SwapPoint>
  private var changes = 0

  init(entry: TuneEntry, point: UnsafeMutablePointer<SwapPoint>) {
    self.entry = entry
    self.point = point
  }

  /// The exchange at which the next values take effect; nil: not known.
  var nextPosition: Int64? {
    let position = point.pointee.pending(after: changes)
    return position == SwapPoint.unset ? nil : position
  }

  /// Applies the values that are due.
  func take() { entry.take(isForward: changes == 0) }

  /// Notes that the exchange has passed.
  mutating func pass() {
    changes += 1
    point.pointee.countSwitch()
  }
}
