import Records

/// The present state of each machine, for the retained topics `state`.
struct MachineStates {
  /// Seconds of the stream between two messages in which only the score differs.
  static let pause = 10.0

  private struct Machine {
    /// Nodes whose alarm is raised, and nodes that report it deaf.
    var alarms: Set<String> = []
    var deaf: Set<String> = []
    /// The last score of each detector.
    var scores: [String: (score: Double, threshold: Double)] = [:]
    var state = "unknown"
    /// When the state began, as in records.
    /// Nil where the time of the sound is not known.
    var since: String?
    /// The frame position of the last message.
    var told: Int64?
  }

  private let pause: Double
  private var machines: [String: Machine] = [:]
  private var file: String?

  /// - Parameter every: seconds between two scores that are sent.
  init(every: Double) { pause = max(every, Self.pause) }

  /// Notes a record.
  ///
  /// - Returns: the machine's state as JSON, if it is to be sent.
  mutating func note(_ record: Record, machine name: String) -> [UInt8]? {
    // Each file is a stream of its own.
    if record.file != file { machines = [:] }
    file = record.file
    var machine = machines[name] ?? Machine()
    defer { machines[name] = machine }
    switch record.content {
    case .score(let score): machine.scores[record.node] = (score.score, score.threshold)
    case .alarm(let alarm): Self.note(alarm, of: record.node, &machine)
    case .deaf(let deaf):
      if deaf.state == .begun { machine.deaf.insert(record.node) } else { machine.deaf.remove(record.node) }
    default: return nil
    }
    let state = Self.state(machine)
    let hasChanged = state != machine.state
    if hasChanged { (machine.state, machine.since) = (state, record.time.map(wallTimeText)) }
    let isDue = machine.told.map { record.span.end - $0 >= Int64(pause * Double(record.rate)) } ?? true
    guard hasChanged || isDue else { return nil }
    machine.told = record.span.end
    return Self.json(machine, name: name, record)
  }

  private static func note(_ alarm: Record.Alarm, of node: String, _ machine: inout Machine) {
    switch alarm.state {
    case .raised, .repeated, .open: machine.alarms.insert(node)
    case .cleared: machine.alarms.remove(node)
    case .inhibited, .resumed: break
    }
    // A graph may link only the alarm to the sink.
    if machine.scores.isEmpty || machine.scores[node] != nil {
      machine.scores[node] = (alarm.score, alarm.threshold)
    }
  }

  private static func state(_ machine: Machine) -> String {
    if !machine.alarms.isEmpty { return "alarm" }
    return machine.deaf.isEmpty ? "normal" : "deaf"
  }

  private static func json(_ machine: Machine, name: String, _ record: Record) -> [UInt8] {
    var line = JSONLine()
    line.field("kind", "state")
    line.field("graph", record.graph)
    line.field("machine", name)
    line.field("state", machine.state)
    if let (score, threshold) = score(machine, record) {
      line.field("score", score)
      line.field("threshold", threshold)
    }
    if let since = machine.since { line.field("since", since) }
    return line.finished().dropLast()
  }

  /// The score of an alarm; otherwise, of several detectors, that of the one that is nearest to its threshold or farthest
  /// above it.
  private static func score(_ machine: Machine, _ record: Record) -> (Double, Double)? {
    if case .alarm(let alarm) = record.content { return (alarm.score, alarm.threshold) }
    let worst = machine.scores.max { one, other in (share(one.value), other.key) < (share(other.value), one.key) }
    return worst.map { ($0.value.score, $0.value.threshold) }
  }

  private static func share(_ value: (score: Double, threshold: Double)) -> Double {
    guard value.threshold.isFinite else { return -.infinity }
    return value.threshold > 0 ? value.score / value.threshold : value.score - value.threshold
  }
}
