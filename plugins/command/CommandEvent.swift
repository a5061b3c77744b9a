import Records
import SystemCalls

/// An event as a program gets it.
struct CommandEvent {
  /// The record as a line of JSON.
  let line: [UInt8]
  let span: Span
  private let fields: [(name: String, text: String)]

  /// A longer field is left out of the environment, where the system's room is limited; it is in the JSON.
  private static let longest = 4096

  init(_ record: Record) {
    line = record.json
    span = record.span
    var fields: [(String, String?)] = [
      ("GRAPH", record.graph), ("NODE", record.node), ("MACHINE", record.machine),
      ("CHANNEL", record.channel.map(String.init)), ("ID", record.id),
      ("TIME", record.time.map(wallTimeText)),
      ("BEGIN", String(record.span.begin)), ("END", String(record.span.end)), ("RATE", String(record.rate)),
      ("FILE", record.file), ("MODEL", record.model),
    ]
    switch record.content {
    case .alarm(let alarm):
      fields += [
        ("KIND", "alarm"), ("STATE", alarm.state.name.description), ("SCORE", String(alarm.score)),
        ("THRESHOLD", alarm.threshold.isFinite ? String(alarm.threshold) : nil),
      ]
    case .deaf(let deaf):
      fields += [("KIND", "deaf"), ("STATE", deaf.state.name.description), ("CAUSE", deaf.cause.name.description)]
    case .gap(let gap):
      fields += [("KIND", "gap"), ("CAUSE", gap.cause.name.description), ("COUNT", String(gap.count))]
    case .clock: fields.append(("KIND", "clock"))
    case .notice(let notice): fields += [("KIND", notice.kind), ("STATE", notice.state)]
    case .score: fields.append(("KIND", "score"))
    }
    self.fields = fields.compactMap { name, text in text.map { (name, $0) } }
  }

  /// Our environment without earlier variables of this kind, and the event's fields as `AUSCULT_KIND=alarm`.
  ///
  /// - Parameter skipped: events since the last program that got none.
  func environment(skipped: Int) -> [String] {
    var result = Self.inherited
    // A variable can't hold a NUL: the text would end there.
    for (name, text) in fields where text.utf8.count <= Self.longest && !text.utf8.contains(0) {
      result.append("AUSCULT_\(name)=\(text)")
    }
    return result + ["AUSCULT_SKIPPED=\(skipped)"]
  }

  private static let names = [
    "GRAPH", "NODE", "MACHINE", "CHANNEL", "ID", "TIME", "BEGIN", "END", "RATE", "FILE", "MODEL", "KIND", "STATE",
    "SCORE", "THRESHOLD", "CAUSE", "COUNT", "SKIPPED",
  ]

  private static var inherited: [String] {
    environmentVariables().filter { text in !names.contains { text.hasPrefix("AUSCULT_\($0)=") } }
  }
}
