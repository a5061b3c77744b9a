import Records

/// Which records a program is run for.
struct CommandFilter {
  /// States of alarms, and kinds of other events.
  static let choices = [
    "raised", "cleared", "repeated", "inhibited", "resumed", "open", "deaf", "gap", "connection", "clock", "swap",
    "quarantine",
    "isolation",
  ]

  private let names: Set<String>

  init(_ names: [String]) { self.names = Set(names) }

  func takes(_ record: Record) -> Bool {
    switch record.content {
    case .alarm(let alarm): names.contains(alarm.state.name.description)
    case .deaf: names.contains("deaf")
    case .gap: names.contains("gap")
    case .clock: names.contains("clock")
    case .notice(let notice): names.contains(notice.kind)
    case .score: false
    }
  }
}
