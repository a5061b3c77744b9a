/// A scored token, and its label.
public struct JudgedToken: Sendable {
  /// Index into the evaluation's recordings.
  public var recording: Int
  public var machine: String
  /// Driver frame positions.
  public var begin: Int64
  public var end: Int64
  public var rate: Int
  public var score: Double
  public var threshold: Double
  /// Nil: it lies on the edge of an event and counts for nothing.
  public var label: String?
  /// Classifiers: the found label, and its probability.
  public var found: String?
  public var probability: Float?
  public var isSilent: Bool

  public var isAnomalous: Bool? { label.map { $0 == Label.anomalous } }
  public var isFlagged: Bool { score > threshold }
  public var beginSecond: Double { Double(begin) / Double(rate) }
  public var endSecond: Double { Double(end) / Double(rate) }
}

/// A 95 % confidence interval of a figure.
public struct Interval: Sendable, Equatable {
  public var low: Double
  public var high: Double
}
