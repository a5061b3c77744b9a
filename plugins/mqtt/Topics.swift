import TextEscapes

/// The topics of one run.
struct Topics: Sendable {
  private let run: String

  /// - Parameter prefix: checked by `TopicText.problem`.
  init(prefix: String, run: String) { self.run = "\(prefix)/\(TopicText.level(run))" }

  /// `online`, or `offline`.
  var status: String { run + "/status" }

  func of(_ machine: String, _ kind: StaticString) -> String { "\(run)/\(TopicText.level(machine))/\(kind)" }
}
