import CNodeABI
import NodeKit
import Records

/// Writes scores, alarms, gaps, steps of the clock, and what the driver and the host tell, as JSON lines.
///
/// Records leave in the order (end, begin, node name, channel), whatever the cut and whichever input is faster: each is
/// held back until every input is complete beyond it. `time` is the wall clock at the end of a record's span.
/// One instance writes one file over all input files of a run.
final class JSONLines: OffloadNode {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "sink.jsonl", version: "1.0.0", summary: "Writes scores and events as JSON lines.", realtime: .offload,
      traits: .sink,
      inputs: [PortDeclaration("in", [.score, .event], "Scores and events", flags: [.many, .independent])],
      parameters: [
        .outputPath("path", "File to write; `-` is standard output", flags: .required),
        .boolean("append", "Adds to a file that exists, instead of replacing it", default: "false"),
        RotationLimit.parameter,
      ])
  }

  override class var canContinueOutput: Bool { true }

  private let file: OutputFile
  /// Another instance wrote to the file until now: it ends elsewhere than when it was opened.
  private var mustFindEnd = false
  private let limit: RotationLimit?
  private var reader: RecordReader
  private var merge = RecordMerge(inputs: 0)
  private let notices: Notices?
  private var inputs = 0
  private var rate = 0
  private var clockSteps: UInt64?
  private var hasWarned = false
  /// A write failed: nothing more is written, lest records be missing in the middle of the file.
  private var hasFailed = false
  /// Time of the first record of the part that is being written.
  private var partBegin: Int64?

  required init(_ arguments: Arguments) throws {
    file = OutputFile(
      path: arguments.text("path"), append: arguments.boolean("append"), separator: UInt8(ascii: "\n"))
    limit = try RotationLimit(arguments)
    if limit != nil, file.path == "-" {
      throw NodeError("standard output cannot be rotated; give a file, or leave `rotate` out", parameter: "rotate")
    }
    reader = RecordReader(host: arguments.host)
    notices = Notices(arguments.host)
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    inputs = setup.inputs.count
    rate = setup.driverRate
    // Records that wait for the slower inputs: of some tokens.
    answer.memory = setup.inputs.reduce(0) { $0 + $1.format.channels * 16 * MemoryLayout<Record>.stride }
  }

  override func activate() throws {
    mustFindEnd = host.continuesOutput
    if mustFindEnd { file.appends = true }
    if !hasFailed { try file.open() }
    merge = RecordMerge(inputs: inputs)
    clockSteps = nil
  }

  override func work(_ cycle: Cycle) throws {
    if mustFindEnd { try findEnd() }
    for index in 0..<cycle.inputCount {
      let block = cycle.input(index)
      merge.add(reader.read(block), from: index)
      merge.advance(index, to: block.pointer.pointee.complete)
      if block.isEnd { merge.end(index) }
    }
    noteClock()
    takeNotices(through: merge.watermark)
    if reader.rejected > 0, !hasWarned {
      hasWarned = true
      host.log(
        .warning, "a score that is not a finite number was left out of the records; further ones are left out silently")
    }
    try write(merge.take())
  }

  private func findEnd() throws {
    mustFindEnd = false
    file.close()
    try file.open()
  }

  override func deactivate() {
    takeNotices(through: .max)
    do {
      try write(merge.takeAll())
    } catch {
      host.log(.error, "\(error)")
    }
  }

  /// Records a step of the wall clock at the position up to which everything is written.
  private func noteClock() {
    let steps = host.clockSteps
    if let before = clockSteps, steps != before {
      let position = merge.watermark
      if position >= 0, position < Int64.max { merge.add(reader.clock(at: position, rate: rate)) }
    }
    clockSteps = steps
  }

  /// Notices up to where everything is about to be written.
  private func takeNotices(through position: Int64) {
    for notice in notices?.take(through: position) ?? [] { merge.add(reader.record(notice, rate: rate)) }
  }

  private func write(_ records: [Record]) throws {
    if hasFailed { return }
    hasFailed = true
    try writeLines(records)
    hasFailed = false
  }

  private func writeLines(_ records: [Record]) throws {
    var lines: [UInt8] = []
    for record in records {
      let line = record.json
      if isFull(adding: line.count, waiting: lines.count, record.time) {
        try file.write(lines)
        lines.removeAll()
        try file.rotate()
        partBegin = record.time
      }
      if partBegin == nil { partBegin = record.time }
      lines.append(contentsOf: line)
    }
    if !lines.isEmpty { try file.write(lines) }
  }

  /// Whether the next record belongs to the next part. A part holds at least one.
  private func isFull(adding count: Int, waiting: Int, _ time: Int64) -> Bool {
    switch limit {
    case nil: return false
    case .bytes(let most):
      let held = file.size + waiting
      return held > 0 && held + count > most
    case .seconds(let most):
      guard let partBegin else { return false }
      return Double(time - partBegin) >= most * 1e9
    }
  }
}
