import CNodeABI
import NodeKit
import OutputFiles
import Records
import Synchronization

/// Writes scores, alarms, gaps, clock steps and messages of the driver and the host as JSON lines.
///
/// Records are sorted by (end, begin, node name, channel), however the stream is cut and whichever input is faster: the
/// sink holds each record back until every input is complete beyond it. `time` is the wall clock at the end of a
/// record's span.
/// One instance writes one file over all input files of a run.
final class JSONLines: OffloadNode {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "sink.jsonl", version: "1.0.0", summary: "Writes scores and events as JSON lines.", realtime: .offload,
      traits: .sink,
      inputs: [PortDeclaration("in", [.score, .event], "Scores and events", flags: [.many, .independent])],
      parameters: [
        .outputPath("path", "File to write; `-` is standard output", flags: .required)
      ] + OutputParameters.all)
  }

  override class var canContinueOutput: Bool { true }

  override class var canReopenOutput: Bool { true }

  private let output: LineOutput
  /// Another instance has written to the file since it was opened: its end has moved.
  private var mustFindEnd = false
  private let mustReopen = Atomic<Bool>(false)
  private var stream: RecordStream
  private var inputs = 0
  private var rate = 0
  /// The stream has ended with records that could not be written.
  private var hasFailed = false

  required init(_ arguments: Arguments) throws {
    let limit = try RotationLimit(arguments)
    let file = OutputFile(
      path: arguments.text("path"), kind: .jsonLines, append: arguments.boolean("append"),
      keep: try KeepLimit(arguments, rotation: limit))
    for name in ["rotate", "keep_parts", "keep_bytes"] where file.path == "-" && arguments[name] != nil {
      arguments.host.log(.info, "standard output has no parts: `\(name)` is ignored")
    }
    try NodeError.wording { () throws(FileProblem) in try file.examine() }
    output = LineOutput(file, limit: limit, host: arguments.host)
    stream = RecordStream(arguments.host)
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    inputs = setup.inputs.count
    rate = setup.driverRate
    answer.memory = RecordStream.memory(setup)
  }

  override func activate() throws {
    mustFindEnd = host.continuesOutput
    if mustFindEnd { output.file.appends = true }
    hasFailed = false
    try NodeError.wording { () throws(FileProblem) in try output.open(sharing: mustFindEnd) }
    stream.begin(inputs: inputs, rate: rate)
    output.lossLine = { [stream] in stream.lost($0).line }
  }

  override func work(_ cycle: Cycle) throws {
    if mustFindEnd || mustReopen.exchange(false, ordering: .relaxed) {
      mustFindEnd = false
      output.reopen()
    }
    let (records, hasEnded) = stream.take(cycle)
    output.add(records.map(\.line))
    do {
      if hasEnded {
        try output.finish(isPatient: cycle.hasNoDeadline)
      } else {
        try output.flush(isPatient: cycle.hasNoDeadline)
      }
    } catch {
      hasFailed = true
      throw NodeError(error)
    }
  }

  override func reopen() { mustReopen.store(true, ordering: .relaxed) }

  override func deactivate() {
    output.add(stream.takeAll().map(\.line))
    defer { output.file.letGo() }
    if hasFailed { return }
    do {
      try output.finish()
    } catch {
      host.log(.error, error.description)
    }
  }
}
