import Glibc

/// How often normal sound goes beyond a threshold, and the threshold for a wanted rate.
///
/// Neighbouring tokens share sound, so what counts are alarms, not scores: stretches of exceedances (`ScoreStream.alarms`).
/// Where the data tells of too few, a generalised Pareto distribution of their peaks carries the rate on (peaks over
/// threshold; Pickands 1975; probability-weighted moments after Hosking and Wallis 1987).
public struct FalseAlarmRate: Sendable {
  private let streams: [ScoreStream]
  public let hours: Double
  /// Peaks that the tail is fitted to, at best.
  private static let wantedPeaks = 60.0

  public init(_ streams: [ScoreStream]) {
    self.streams = streams.flatMap(\.pieces)
    hours = self.streams.reduce(0) { $0 + $1.seconds } / 3600
  }

  /// Alarms that the data would have given.
  public func alarms(above threshold: Double) -> Int {
    streams.reduce(0) { $0 + $1.alarms(above: threshold).count }
  }

  private func peaks(above threshold: Double) -> [Double] {
    streams.flatMap { $0.alarms(above: threshold).map(\.peak) }
  }

  public func threshold(perHour budget: Double) -> Double {
    let scores = streams.flatMap(\.scores).sorted(by: >)
    let greatest = scores[0]
    let expected = budget * hours
    // The level for the tail: as high as leaves enough peaks, at least twice as many as are wanted beyond the result;
    // no lower than where the exceedances begin to run together.
    var level: (score: Double, peaks: [Double])?
    let wanted = max(Self.wantedPeaks, 2 * expected)
    for index in levels(scores.count) {
      let peaks = peaks(above: scores[index])
      if let last = level, peaks.count < last.peaks.count { break }
      level = (scores[index], peaks)
      if Double(peaks.count) >= wanted { break }
    }
    guard let level, !level.peaks.isEmpty, greatest > scores[scores.count - 1] else { return greatest }
    let tail = ParetoTail(level.peaks.map { $0 - level.score })
    return level.score + tail.excess(exceededBy: expected / Double(level.peaks.count))
  }

  /// Places in the sorted scores, each about 5 % beyond the one before, to a quarter of them.
  private func levels(_ count: Int) -> [Int] {
    var places: [Int] = []
    var place = 1.0
    while Int(place) < max(2, count / 4), Int(place) < count {
      if places.last != Int(place) { places.append(Int(place)) }
      place = max(place + 1, place * 1.05)
    }
    return places
  }
}

/// Excesses over a level: P(excess > x) = (1 + shape x / scale)^(-1 / shape).
struct ParetoTail {
  private(set) var shape = 0.0
  private(set) var scale: Double

  init(_ excesses: [Double]) {
    let sorted = excesses.sorted()
    let mean = sorted.reduce(0, +) / Double(sorted.count)
    scale = mean
    // Of few excesses the shape cannot be told: an exponential tail.
    guard sorted.count >= 20, mean > 0 else { return }
    var weighted = 0.0
    for (index, value) in sorted.enumerated() {
      weighted += value * (1 - (Double(index) + 0.65) / Double(sorted.count)) / Double(sorted.count)
    }
    guard mean > 2 * weighted else { return }
    shape = min(0.4, max(-0.4, 2 - mean / (mean - 2 * weighted)))
    scale = mean * (1 - shape)
  }

  /// The excess that is exceeded with a probability; below 0 where that is above 1.
  func excess(exceededBy probability: Double) -> Double {
    abs(shape) < 1e-6 ? -scale * log(probability) : scale / shape * (pow(probability, -shape) - 1)
  }
}
