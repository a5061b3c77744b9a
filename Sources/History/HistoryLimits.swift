/// How much of a history to keep.
public struct HistoryLimits: Sendable, Equatable {
  /// Age of the oldest row, in seconds; nil: any.
  public var keep: Double?
  /// Bytes of the database with the files beside it; nil: any.
  public var limit: Int?

  /// SQLite's log beside the database takes up to this much, and half of a small limit.
  static let log = 8 << 20
  /// A smaller database has no room for its tables.
  public static let least = 1 << 20

  public init(keep: Double? = nil, limit: Int? = nil) {
    self.keep = keep
    self.limit = limit
  }

  /// Bytes that the database itself may take.
  var bytes: Int? { limit.map { $0 - min(Self.log, $0 / 2) } }
}
