/// The state of a machine in one word, the most urgent first.
public enum MachineState: String, Sendable {
  case alarm, failed, deaf, overdue, learning, normal, unknown

  /// - Parameter machine: an entry of `machines` in the answer of `status`.
  public init(_ machine: JSONValue) {
    let scores = machine["scores"]?.array ?? []
    if (machine["alarms"]?.array ?? []).contains(where: { $0["state"] == "raised" }) {
      self = .alarm
    } else if let health = machine["health"]?.text, let state = MachineState(rawValue: health) {
      self = state
    } else if scores.contains(where: { $0["score"] != nil }) {
      self = .normal
    } else {
      self = scores.contains { $0["learned_position"] != nil } ? .learning : .unknown
    }
  }
}
