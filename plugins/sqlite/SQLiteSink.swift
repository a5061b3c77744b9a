import History
import NodeKit
import OutputFiles
import Records

/// Writes scores, events and gaps into an SQLite database: the tables of `HistorySchema`, read by `auscult history`.
///
/// Records are in the order of `sink.jsonl`. A thread of the node writes them, one transaction a second, so that neither
/// a slow disk nor another program's lock holds up the worker. One instance writes one file over all input files of a
/// run.
final class SQLiteSink: OffloadNode {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "sink.sqlite", version: "1.0.0", summary: "Writes scores and events into an SQLite database.",
      realtime: .offload, traits: .sink,
      inputs: [PortDeclaration("in", [.score, .event], "Scores and events", flags: [.many, .independent])],
      parameters: [
        .outputPath("path", "Database to write", default: "auscult.sqlite"),
        OutputParameters.append,
        .text("keep", "Age (`90 d`) after which rows are deleted; the trend stays", flags: .placement),
        .text(
          "limit", "Size limit (`2 GB`) of the database; deletes the oldest rows, scores before events",
          flags: .placement),
        .text("scores", "`all`; a time (`10 s`): the worst score of each 10 s", default: "all", flags: .placement),
      ])
  }

  override class var canContinueOutput: Bool { true }

  override class var canReopenOutput: Bool { true }

  private let output: HistoryOutput
  private var stream: RecordStream
  private var inputs = 0
  private var rate = 0
  private var hasFailed = false

  required init(_ arguments: Arguments) throws {
    let file = HistoryFile(
      path: arguments.text("path"), append: arguments.boolean("append"), every: try Self.every(arguments),
      limits: try Self.limits(arguments), setsAside: true)
    guard !OutputFile.isStandardOutput(file.path) else {
      throw NodeError("a database can't go to standard output; give the path of a file", parameter: "path")
    }
    try NodeError.wording { () throws(FileProblem) in try file.examine() }
    output = HistoryOutput(file, host: arguments.host)
    stream = RecordStream(arguments.host)
    try super.init(arguments)
  }

  private static func limits(_ arguments: Arguments) throws -> HistoryLimits {
    var limits = HistoryLimits()
    if let text = arguments["keep"]?.text {
      guard case .seconds(let age)? = try? RotationLimit(text) else {
        throw NodeError("`keep: \(text)` is not a time; write `keep: 90 d`", parameter: "keep")
      }
      limits.keep = age
    }
    if let text = arguments["limit"]?.text {
      guard case .bytes(let size)? = try? RotationLimit(text), size >= HistoryLimits.least else {
        throw NodeError(
          "`limit: \(text)` is not a size of at least 1 MiB; write `limit: 2 GB`", parameter: "limit")
      }
      limits.limit = size
    }
    return limits
  }

  /// `all`, `10 s`, `every 10 s`, `every: 10 s`.
  private static func every(_ arguments: Arguments) throws -> Double? {
    let text = arguments.text("scores")
    if text == "all" { return nil }
    let time = text.hasPrefix("every") ? text.dropFirst(5).drop { $0 == ":" || $0 == " " } : text[...]
    guard case .seconds(let seconds)? = try? RotationLimit(String(time)) else {
      throw NodeError(
        "`scores: \(text)` is neither `all` nor a time; write `scores: 10 s` for the worst score of each 10 s",
        parameter: "scores")
    }
    return seconds
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    inputs = setup.inputs.count
    rate = setup.driverRate
    answer.memory = RecordStream.memory(setup)
  }

  override func activate() throws {
    hasFailed = false
    stream.begin(inputs: inputs, rate: rate)
    output.lossRecord = { [stream] in stream.lost($0) }
    try NodeError.wording { () throws(FileProblem) in try output.begin(sharing: host.continuesOutput) }
  }

  override func work(_ cycle: Cycle) throws {
    let (records, hasEnded) = stream.take(cycle)
    output.add(records)
    do throws(FileProblem) {
      try output.pass(isPatient: cycle.hasNoDeadline, hasEnded: hasEnded)
    } catch {
      hasFailed = true
      throw NodeError(error)
    }
  }

  override func reopen() { output.reopen() }

  override func deactivate() {
    if !hasFailed { output.add(stream.takeAll()) }
    output.end()
  }
}
