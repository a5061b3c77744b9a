/// A candidate beside the present detector, over the same slices.
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
    /// Of the latest scores (4096 at most): their 5th, 50th and 95th percentile; nil before the first.
    public var percentiles: [Double]?
    /// Alarms that the alarm nodes behind it raised, or would have raised.
    public var alarms = 0
    /// Time in `process` for each token, in nanoseconds.
    public var nanosecondsPerToken: Double?
  }

  public var present: Scores
  public var candidate: Scores
  /// Scores of both at the same place, of the same channel.
  public var compared = 0
  /// Of these, how many both find normal, or both anomalous.
  public var agreeing = 0
  /// Tokens that found no room in the candidate's queues: it is too slow, and was not waited for.
  public var dropped: Int64 = 0

  /// Share of compared scores on which both agree; nil before the first.
  public var agreement: Double? { compared > 0 ? Double(agreeing) / Double(compared) : nil }
}
