import Database

/// A column of the tables, and the field of a `HistoryRow` that it holds.
///
/// The numbers may be anybody's: they are clamped, so that sums and differences do not overflow.
enum HistoryColumn: String {
  case kind, graph, node, channel, machine, state, begin, end, rate, score, threshold, anomalous, flags, cause
  case generation, count, model, file, id, detail
  /// A model's hash, of the table `models`.
  case hash
  /// Of a clip: the event's id, and the file.
  case event, path
  /// Of an event: its clip's file.
  case clip
  case className = "class"

  /// The largest number of tokens or scores in one row.
  private static let mostCounted: Int64 = 1 << 40

  /// The column in a query that joins `table` with `runs` and `models`.
  func name(in table: String) -> String {
    switch self {
    case .graph, .rate: "runs.\(rawValue)"
    case .hash: "models.hash"
    default: #"\#(table)."\#(rawValue)""#
    }
  }

  /// Reads the column at a place of the statement's row.
  func read(_ statement: Statement, _ place: Int, into row: inout HistoryRow) {
    let (text, integer) = ({ statement.text(place) }, { statement.integer(place) })
    switch self {
    case .kind: row.kind = text() ?? ""
    case .graph: row.graph = text() ?? ""
    case .node: row.node = text() ?? ""
    case .channel: row.channel = integer().map { Int($0) }
    case .machine: row.machine = text()
    case .state: row.state = text()
    case .begin: row.span.begin = integer() ?? 0
    case .end: row.span.end = integer() ?? 0
    case .rate: row.rate = Int(max(0, integer() ?? 0))
    case .score: row.score = statement.number(place)
    case .threshold: row.threshold = statement.number(place)
    case .anomalous: row.isAnomalous = integer() ?? 0 > 0
    case .flags: row.flags = text() ?? ""
    case .cause: row.cause = text()
    case .generation: row.generation = integer()
    case .count: row.count = integer().map { min(max(0, $0), Self.mostCounted) }
    case .model, .hash: row.model = text()
    case .file: row.file = text().flatMap { $0.isEmpty ? nil : $0 }
    case .id, .event: row.id = text()
    case .path, .clip: row.clip = text()
    case .detail: row.detail = text()
    case .className: row.className = text()
    }
  }
}
