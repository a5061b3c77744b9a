import NodeKit

/// Everything that a sink of records does before it writes: it reads its inputs, adds the steps of the clock and the
/// notices of the host, and puts all records in order.
public struct RecordStream {
  private let host: Host
  private let notices: Notices?
  private var reader: RecordReader
  private var merge = RecordMerge(inputs: 0)
  private var rate = 0
  private var clockSteps: UInt64?
  private var hasWarned = false

  /// From now on the host keeps notices for the node. Thread: control.
  public init(_ host: Host) {
    self.host = host
    notices = Notices(host)
    reader = RecordReader(host: host)
  }

  /// Begins a stream. Thread: control.
  ///
  /// - Parameter rate: driver frames per second.
  public mutating func begin(inputs: Int, rate: Int) {
    merge = RecordMerge(inputs: inputs)
    self.rate = rate
    clockSteps = nil
  }

  /// Memory for records of some tokens that wait for the slower inputs, in bytes.
  public static func memory(_ setup: Setup) -> Int {
    setup.inputs.reduce(0) { $0 + $1.format.channels * 16 * MemoryLayout<Record>.stride }
  }

  /// The records that are final, in order, and whether all inputs have ended. Thread: worker, active.
  public mutating func take(_ cycle: Cycle) -> (records: [Record], hasEnded: Bool) {
    var hasEnded = true
    for index in 0..<cycle.inputCount {
      let block = cycle.input(index)
      merge.add(reader.read(block), from: index)
      merge.advance(index, to: block.pointer.pointee.complete)
      if block.isEnd { merge.end(index) } else { hasEnded = false }
    }
    noteClock()
    takeNotices(through: merge.watermark)
    warnOnce()
    return (merge.take(), hasEnded)
  }

  /// All other records. Thread: control, in `deactivate`.
  public mutating func takeAll() -> [Record] {
    takeNotices(through: .max)
    return merge.takeAll()
  }

  /// A record of what the sink itself could not write.
  public func lost(_ loss: WaitingLines.Loss) -> Record { reader.lost(loss, rate: rate) }

  private mutating func warnOnce() {
    guard reader.rejected > 0, !hasWarned else { return }
    hasWarned = true
    host.log(
      .warning,
      "a score that is not a finite number was left out of the records; further ones are left out without a message")
  }

  /// Records a step of the wall clock at the position up to which everything has been written.
  private mutating func noteClock() {
    let steps = host.clockSteps
    if let before = clockSteps, steps != before {
      let position = merge.watermark
      if position >= 0, position < Int64.max { merge.add(reader.clock(at: position, rate: rate)) }
    }
    clockSteps = steps
  }

  /// Notes the position up to which everything is about to be written.
  private mutating func takeNotices(through position: Int64) {
    for notice in notices?.take(through: position) ?? [] { merge.add(reader.record(notice, rate: rate)) }
  }
}
