/// What to read from a history.
public struct HistoryFilter: Sendable, Equatable {
  /// Names of machines; empty: all.
  public var machines: [String] = []
  /// Nanoseconds since the Unix epoch: from, and before. Rows whose time is not known have no place in a stretch of time.
  public var since: Int64?
  public var until: Int64?
  /// Kinds of records; nil: all but scores.
  public var kinds: Set<String>?
  /// The worst score of each stretch of so many seconds; nil: every score.
  public var every: Double?

  public init() {}

  func takes(_ kind: String) -> Bool { kinds.map { $0.contains(kind) } ?? (kind != "score") }

  /// The bounds as texts of the database.
  var begin: String { since.map { HistoryTime.text($0) } ?? "" }
  /// After every digit.
  var end: String { until.map { HistoryTime.text($0) } ?? "~" }
}
