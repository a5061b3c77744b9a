import DetectorHost
import GraphEngine

/// Scores of one channel of one recording, in order.
public struct ScoreStream: Sendable {
  /// The recording that it is of: scores of one are alike, those of another differ.
  public var recording = 0
  /// The day or session that the recording belongs to, as the manifest says; nil: it is one by itself.
  public var group: Int?
  /// The same scores, and those of silent tokens between them, as an alarm hears them; empty: nobody knows.
  public var heard: [HeardScore] = []
  /// Frames per second of the driver that `heard` counts in.
  public var rate = 0

  /// Ascending times in seconds, of the tokens' begins and ends.
  public var begins: [Double] = []
  public var ends: [Double] = []
  public var scores: [Double] = []

  public init() {}

  init(recording: Int, group: Int? = nil, rate: Int) {
    self.recording = recording
    self.group = group
    self.rate = rate
  }

  public mutating func append(begin: Double, end: Double, score: Double) {
    begins.append(begin)
    ends.append(end)
    scores.append(score)
  }

  /// Seconds that the tokens cover, each second once.
  public var seconds: Double {
    var (sum, last) = (0.0, -Double.infinity)
    for (begin, end) in zip(begins, ends) {
      sum += max(0, end - max(begin, last))
      last = max(last, end)
    }
    return sum
  }

  /// Stretches above a threshold. Tokens that share sound, or touch, tell of the same thing: exceedances with less than
  /// a token's sound between them are one alarm (runs declustering; its length is the overlap of the tokens).
  public func alarms(above threshold: Double) -> [(begin: Double, end: Double, peak: Double)] {
    var alarms: [(begin: Double, end: Double, peak: Double)] = []
    for index in scores.indices where scores[index] > threshold {
      if let last = alarms.last, begins[index] <= last.end {
        alarms[alarms.count - 1].end = max(last.end, ends[index])
        alarms[alarms.count - 1].peak = max(last.peak, scores[index])
      } else {
        alarms.append((begins[index], ends[index], scores[index]))
      }
    }
    return alarms
  }

  /// Stretches of tokens one after the other, for time blocks: a token that begins after the last one's end begins a new
  /// one.
  public var pieces: [ScoreStream] {
    var pieces: [ScoreStream] = []
    for index in scores.indices {
      if index == 0 || begins[index] > ends[index - 1] + 1e-9 {
        pieces.append(ScoreStream())
        pieces[pieces.count - 1].recording = recording
        pieces[pieces.count - 1].group = group
      }
      pieces[pieces.count - 1].append(begin: begins[index], end: ends[index], score: scores[index])
    }
    return pieces
  }
}
