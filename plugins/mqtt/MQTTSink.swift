import CNodeABI
import Glibc
import NodeKit
import OutputFiles
import Records
import SystemCalls
import TextEscapes

/// Sends alarms, the states of machines and scores to an MQTT broker.
///
/// The worker's call only writes to a queue on the disk (`Outbox`). A thread of its own sends what is there (`Courier`).
/// Records are sorted as in `sink.jsonl`, and the payloads are the same JSON.
final class MQTTSink: OffloadNode {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "sink.mqtt", version: "1.0.0", summary: "Sends alarms, states and scores to an MQTT broker.", realtime: .offload,
      traits: .sink,
      inputs: [PortDeclaration("in", [.score, .event], "Scores and events", flags: [.many, .independent])],
      parameters: MQTTSettings.parameters)
  }

  override class var canContinueOutput: Bool { true }

  /// Seconds at the end of a run to send what waits: live, and where there is no deadline.
  private static let (lastLive, lastPatient) = (1.0, 10.0)
  /// Messages that wait in memory while the disk can't be written.
  private static let mostInMemory = 10_000

  private let settings: MQTTSettings
  private var stream: RecordStream
  private var rate = 0
  private var filter: ScoreFilter
  private var states: MachineStates
  private var topics: Topics
  private var machines: [String] = []
  private var inputs = 0
  private var outbox: Outbox?
  private var courier: Courier?
  private var notes: CourierNotes?
  private var outage: Outage
  private var outages: Outages?
  private var waiting: [Message] = []
  private var nextLook = ContinuousClock.now
  private var nextGlance = ContinuousClock.now
  /// What the old queue has is in the new one, which could not be opened yet.
  private var isCopied = false
  private var isPatient = false

  required init(_ arguments: Arguments) throws {
    settings = try MQTTSettings(arguments)
    stream = RecordStream(arguments.host)
    filter = ScoreFilter(settings.scores, every: settings.every)
    states = MachineStates(every: settings.every)
    topics = Topics(prefix: settings.topic, run: arguments.host.run)
    outage = Outage(arguments.host)
    outages = Outages(arguments.host)
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    inputs = setup.inputs.count
    rate = setup.driverRate
    machines = setup.inputs.flatMap { $0.format.machines }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    answer.memory = Self.mostInMemory * 512
  }

  override func activate() throws {
    stream.begin(inputs: inputs, rate: rate)
    filter = ScoreFilter(settings.scores, every: settings.every)
    states = MachineStates(every: settings.every)
    if let path = settings.passwordFile {
      try Self.wording("password_file") { () throws(FileProblem) in _ = try PasswordFile.read(path) }
    }
    try Self.wording("queue") { () throws(FileProblem) in try openQueue() }
  }

  private func openQueue() throws(FileProblem) {
    let folder = settings.queue
    try OutputFolder.makeAll(folder)
    let lock = try QueueLock(folder: folder, waits: host.continuesOutput)
    let outbox = try Outbox(folder: folder, limit: settings.limit, age: settings.age) { host.log(.error, $0) }
    let run = Courier.Run(
      settings: settings, topics: topics, identifier: identifier(folder), folder: folder,
      announcements: settings.homeAssistant
        ? HomeAssistant(run: host.run, graph: host.graph, topics: topics).messages(machines) : [])
    let notes = CourierNotes(host)
    self.notes = notes
    let courier = Courier(run, outbox: outbox, lock: lock, notes: notes)
    guard host.isRehearsal || courier.start() else {
      throw FileProblem("the system has no room for another thread; end other programs")
    }
    (self.outbox, self.courier) = (outbox, host.isRehearsal ? nil : courier)
  }

  /// At most 23 bytes, which every broker accepts; the same for each start of this watch.
  private func identifier(_ folder: String) -> String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let computer = name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    let place = LinkedPath.resolved(folder)
    return "auscult-" + TopicText.hash("\(computer)\n\(place)\n\(host.run)\n\(host.node)").prefix(15)
  }

  override func work(_ cycle: Cycle) throws {
    isPatient = cycle.hasNoDeadline
    let (records, hasEnded) = stream.take(cycle)
    for record in records { take(record) }
    if hasEnded { add(filter.takeRest()) }
    flush()
  }

  override func deactivate() {
    for record in stream.takeAll() { take(record) }
    add(filter.takeRest())
    flush(isLast: true)
    courier?.stop(seconds: isPatient ? Self.lastPatient : Self.lastLive, waitsForBroker: isPatient)
    if let outbox, outbox.count > 0, !host.isRehearsal {
      host.log(
        .warning,
        "\(CourierNotes.count(outbox.count)) for \(settings.broker.text) wait in \(outbox.path); the next run sends them"
      )
    }
    (courier, outbox) = (nil, nil)
  }

  // MARK: Records

  private func take(_ record: Record) {
    let machine = record.machine ?? "channel-\(record.channel ?? 0)"
    switch record.content {
    case .score: add(filter.take(record))
    case .alarm: add(record, "alarm", machine)
    case .deaf: add(record, "deaf", machine)
    case .notice(let notice) where notice.kind == "clip": add(record, "clip", machine)
    default: return
    }
    if let state = states.note(record, machine: machine) {
      courier?.retain(RetainedMessage(topic: topics.of(machine, "state"), payload: state))
    }
  }

  private func add(_ scores: [Record]) {
    for score in scores { add(score, "score", score.machine ?? "channel-\(score.channel ?? 0)") }
  }

  private func add(_ record: Record, _ kind: StaticString, _ machine: String) {
    var isAlarm = true
    if case .score = record.content { isAlarm = false }
    waiting.append(
      Message(topic: topics.of(machine, kind), payload: record.json.dropLast(), isAlarm: isAlarm, span: record.span))
  }

  // MARK: The queue

  private func flush(isLast: Bool = false) {
    guard outage.isDue || isLast || isPatient else { return boundMemory() }
    do throws(FileProblem) {
      try renewQueue(isLast: isLast)
      guard let outbox else { return }
      lookForOldScores(outbox)
      if !waiting.isEmpty { try write(to: outbox, isLast: isLast) }
      guard outage.isOn else { return }
      outage.end(outbox.path)
      courier?.noteQueue(nil)
    } catch {
      outage.fail(error)
      courier?.noteQueue(error.description)
      boundMemory()
      if isLast { report(Self.all(waiting), "the queue can't be written") }
    }
  }

  private func write(to outbox: Outbox, isLast: Bool) throws(FileProblem) {
    awaitRoom(outbox)
    let dropped = try outbox.add(waiting, isLast: isLast)
    waiting = []
    courier?.wake()
    report(dropped, "the queue has its limit of \(settings.limit) messages (`queue_limit`)")
  }

  /// If the queue was moved away or removed, begins a new one with what waits in the old, which is still open.
  private func renewQueue(isLast: Bool) throws(FileProblem) {
    guard let outbox, .now >= nextGlance || !waiting.isEmpty || isLast else { return }
    nextGlance = .now + .seconds(1)
    guard outbox.isGone else { return }
    try OutputFolder.makeAll(settings.queue)
    if !isCopied {
      do throws(FileProblem) {
        try outbox.copyToPath { host.log(.error, $0) }
      } catch {
        guard error.code == EIO else { throw error }
        host.log(.error, "\(error.description). Up to \(CourierNotes.count(outbox.count)) of the old queue are lost")
      }
      isCopied = true
    }
    let states = courier?.retained ?? []
    courier?.stop(seconds: 0, waitsForBroker: false)
    try openQueue()
    isCopied = false
    for state in states { courier?.retain(state) }
    host.log(.warning, "\(outbox.path) was moved away or removed: began a new one with what waited in it")
  }

  /// Where there is no deadline, the run waits for the broker, but not for one that is away.
  private func awaitRoom(_ outbox: Outbox) {
    guard isPatient, let courier else { return }
    _ = Polling.wait(seconds: 60, every: .milliseconds(5)) {
      outbox.count + waiting.count <= settings.limit || !courier.isConnected
    }
  }

  private func lookForOldScores(_ outbox: Outbox) {
    guard .now >= nextLook else { return }
    nextLook = .now + .seconds(60)
    if let dropped = try? outbox.dropOld() { report(dropped, "they waited longer than `queue_age`") }
  }

  /// The oldest scores go first.
  private func boundMemory() {
    let excess = waiting.count - Self.mostInMemory
    guard excess > 0 else { return }
    let scores = waiting.indices.filter { !waiting[$0].isAlarm }.prefix(excess)
    let gone = Set(scores + waiting.indices.filter { waiting[$0].isAlarm }.prefix(excess - scores.count))
    report(Self.all(gone.map { waiting[$0] }), "the disk can't be written")
    waiting = waiting.indices.filter { !gone.contains($0) }.map { waiting[$0] }
  }

  private static func all(_ messages: [Message]) -> Outbox.Dropped {
    messages.reduce(into: Outbox.Dropped()) { dropped, message in
      if message.isAlarm { dropped.alarms += 1 } else { dropped.scores += 1 }
      dropped.span.begin = min(dropped.span.begin, message.span.begin)
      dropped.span.end = max(dropped.span.end, message.span.end)
    }
  }

  private var hasTold = false
  private var dropped = 0

  /// Records a loss. Lost scores are logged once, lost alarms each time.
  private func report(_ dropped: Outbox.Dropped, _ reason: String) {
    guard dropped.count > 0 else { return }
    outages?.lost(dropped.count, begin: dropped.span.begin, end: dropped.span.end)
    self.dropped += dropped.count
    notes?.dropped(self.dropped)
    if dropped.alarms > 0 {
      host.log(
        .error,
        "\(CourierNotes.count(dropped.alarms)) of alarms \(dropped.alarms == 1 ? "was" : "were") dropped: \(reason)")
    } else if !hasTold {
      hasTold = true
      host.log(.warning, "the oldest scores are dropped: \(reason); gap records say which")
    }
  }

  private static func wording(_ parameter: String, _ body: () throws(FileProblem) -> Void) throws {
    do { try body() } catch { throw NodeError(error.description, parameter: parameter) }
  }
}
