import NodeKit
import Records

/// Runs a program for each event: for mail, a webhook or a siren. docs/COMMANDS.md has examples.
///
/// The program gets the event's record as a line of JSON on its standard input, and its fields in its environment
/// (`AUSCULT_KIND`, `AUSCULT_MACHINE`, ...). It is started directly, never through a shell. One program runs at a time,
/// on a thread of the node; events wait for it within a limit.
final class CommandSink: OffloadNode {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "sink.command", version: "1.0.0", summary: "Runs a program for each event.", realtime: .offload, traits: .sink,
      inputs: [PortDeclaration("in", .event, "Events", flags: [.many, .independent])],
      parameters: [
        .text(
          "command", "Program and arguments, as a list: `[mail, -s, Alarm, ops@example.org]`; no shell",
          flags: [.required, .list, .placement]),
        .choice(
          "events", "Events to run it for", of: CommandFilter.choices, default: "[raised, cleared]",
          flags: [.list, .placement]),
        .number(
          "every", "The least time between two programs; events in between are counted, and the latest one waits",
          unit: .second, default: "0 s", range: 0...1e6, flags: .placement),
        .number(
          "timeout", "Time after which the program is ended, with all that it has started", unit: .second,
          default: "30 s", range: 0.01...86400, flags: .placement),
      ])
  }

  private let filter: CommandFilter
  private let queue: CommandQueue
  private var stream: RecordStream
  private var inputs = 0
  private var rate = 0

  required init(_ arguments: Arguments) throws {
    let command = arguments.texts("command")
    guard let name = command.first, !name.isEmpty else {
      throw NodeError(
        "`command` names no program; write a list, `command: [mail, -s, Alarm, ops@example.org]`", parameter: "command")
    }
    guard !command.contains(where: { $0.utf8.contains(0) }) else {
      throw NodeError("`command` contains a NUL, which no program can be given", parameter: "command")
    }
    filter = CommandFilter(arguments.texts("events"))
    queue = CommandQueue(
      command, every: arguments.number("every"), timeout: arguments.number("timeout"), host: arguments.host)
    stream = RecordStream(arguments.host)
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    inputs = setup.inputs.count
    rate = setup.driverRate
    answer.memory = RecordStream.memory(setup)
  }

  override func activate() throws {
    stream.begin(inputs: inputs, rate: rate)
    try queue.begin()
  }

  override func work(_ cycle: Cycle) throws {
    let (records, hasEnded) = stream.take(cycle)
    add(records)
    queue.pass(isPatient: cycle.hasNoDeadline, hasEnded: hasEnded)
  }

  override func deactivate() {
    add(stream.takeAll())
    queue.end()
  }

  /// A measurement (`bench`, `doctor`) starts no program.
  private func add(_ records: [Record]) {
    if !host.isRehearsal { queue.add(records.filter(filter.takes)) }
  }
}
