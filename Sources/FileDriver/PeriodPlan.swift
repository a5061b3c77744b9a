import GraphEngine

/// How a run without a deadline cuts its audio into cycles. Results do not depend on it.
public struct PeriodPlan: Sendable, Equatable {
  /// The allowed frames of one cycle.
  public static let range = 1...Engine.mostFramesWithoutDeadline
  /// Frames of successive cycles; the list repeats.
  public let lengths: [Int]

  /// Nil unless there is at least one length and all are within `range`.
  public init?(_ lengths: [Int]) {
    guard !lengths.isEmpty, lengths.allSatisfy({ PeriodPlan.range.contains($0) }) else { return nil }
    self.lengths = lengths
  }

  /// Cycles of 1024 frames.
  public static let standard = PeriodPlan([1024])!

  public var longest: Int { lengths.max()! }

  /// Frames of cycle `index` of a stream.
  public func length(_ index: Int) -> Int { lengths[index % lengths.count] }
}
