/// New values for a node on a worker, and whether they are in force yet. Touched under the node's busy flag.
struct WorkerTuning {
  let entry: TuneEntry
  let point: UnsafeMutablePointer<SwapPoint>
  private var changes = 0

  init(entry: TuneEntry, point: UnsafeMutablePointer<SwapPoint>) {
    self.entry = entry
    self.point = point
  }

  /// The exchange at which the next values are due; nil: none is known.
  var nextPosition: Int64? {
    let position = point.pointee.pending(after: changes)
    return position == SwapPoint.unset ? nil : position
  }

  /// Puts the values in force that are due.
  func take() { entry.take(isForward: changes == 0) }

  /// The exchange is behind.
  mutating func pass() {
    changes += 1
    point.pointee.countSwitch()
  }
}
