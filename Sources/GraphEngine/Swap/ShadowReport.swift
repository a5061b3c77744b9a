/// A candidate compared with the present detector, over the same slices.
public struct ShadowReport: Sendable {
  /// Scores of one side.
  public struct Scores: Sendable {
    public var node: String
    public var count = 0
    /// Above their threshold.
    public var anomalous = 0
    public var mean = 0.0
    public var deviation = 0.0
    public var least = Double.infinity
    public var most = -Double.infinity
    /// 5th, 50th and 95th percentile of the latest scores (at most 4096); nil before the first score.
    public var percentiles: [Double]?
    /// Alarms that the alarm nodes after it raised, or would have raised.
    public var alarms = 0
    /// Time in `process` per token, in nanoseconds.
    public var nanosecondsPerToken: Double?
  }

  public var present: Scores
  public var candidate: Scores
  /// Pairs of scores at the same place and of the same channel.
  public var compared = 0
  /// Pairs in which both scores are normal or both are anomalous.
  public var agreeing = 0
  /// Tokens that did not fit into the candidate's queues: the candidate is too slow, and nothing waits for it.
  public var dropped: Int64 = 0

  /// Share of compared scores on which both agree; nil before the first.
  public var agreement: Double? { compared > 0 ? Double(agreeing) / Double(compared) : nil }
}
