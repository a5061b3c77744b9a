import DetectorHost
import GraphEngine

/// Scores of one channel of one recording, in order.
public struct ScoreStream: Sendable {
  /// Number of the recording: scores of one recording are similar.
  public var recording = 0
  /// The group of the recording (a day or session) from the manifest; nil: a group of its own.
  public var group: Int?
  /// The same scores with those of silent tokens between them, as an alarm gets them; empty: unknown.
  public var heard: [HeardScore] = []
  /// The driver's frames per second, in which `heard` counts.
  public var rate = 0

  /// Ascending times in seconds: begins and ends of the tokens.
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

  /// Stretches above a threshold. Tokens that overlap or touch belong to the same event: exceedances with less than a
  /// token's sound between them are one alarm (runs declustering; its length is the overlap of the tokens).
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

  /// Contiguous stretches of tokens, for time blocks: a token that begins after the last one's end begins a new
  /// stretch.
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
