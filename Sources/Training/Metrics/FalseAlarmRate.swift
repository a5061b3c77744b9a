import Glibc

/// How often normal sound raises an alarm at a threshold, and the threshold for a given rate.
///
/// Recordings, hours and days differ more from each other than within themselves, so recordings are the unit of the
/// statistics: each is a group, or, where there are few, stretches of them are (`Groups`). See `threshold`.
public struct FalseAlarmRate {
  /// The fewest alarms that the tail is fitted to, if the sound has as many.
  private static let wanted = 20.0
  /// The steepest assumed fall of a tail over recordings, as the exponent of a Pareto distribution: recordings differ
  /// by events that are rarer than in an exponential tail. Found with simulated halls. It matters most for budgets
  /// below what the sound can support; others get somewhat fewer alarms. Stretches of a few recordings contain no such
  /// information, and have no limit.
  private static let steepest = 4.0

  let groups: Groups
  private let streams: [EventUnit.Prepared]
  private let unit: EventUnit
  /// The unit of counting; stretches where the recordings are too short to raise the graph's alarm.
  public var kind: EventUnit.Kind { unit.kind }
  public var hours: Double { groups.seconds / 3600 }

  /// - Throws: errors of the graph's alarm.
  public init(_ streams: [ScoreStream], unit: EventUnit = .stretch) throws {
    let prepared = try streams.map { try unit.prepare($0) }
    let able = try prepared.filter { try !unit.raised($0, above: -.greatestFiniteMagnitude).isEmpty }
    let (all, some) = (streams.reduce(0) { $0 + $1.seconds }, able.reduce(0) { $0 + $1.stream.seconds })
    if some > all / 2 {
      (self.streams, self.unit) = (able, unit)
    } else {
      self.unit = .stretch
      self.streams = try streams.map { try EventUnit.stretch.prepare($0) }
    }
    groups = Groups(self.streams.map(\.stream))
  }

  /// Number of alarms that the sound would have raised.
  public func alarms(above threshold: Double) throws -> Int { Int(try counts(above: threshold).reduce(0, +)) }

  /// Alarms of each group.
  private func counts(above threshold: Double) throws -> [Double] {
    var counts = [Double](repeating: 0, count: groups.durations.count)
    for (index, stream) in streams.enumerated() {
      for second in try unit.raised(stream, above: threshold) {
        counts[groups.group(stream: index, second: second)] += 1
      }
    }
    return counts
  }

  /// Alarms per hour with 95 % confidence: of a Poisson process (Garwood 1936), with the number of independent alarms
  /// that the scatter between the groups implies.
  public func interval(above threshold: Double) throws -> Interval {
    let counts = try counts(above: threshold)
    let sum = counts.reduce(0, +)
    let count = Double(groups.durations.count)
    let scatter = count > 1 && sum > 0 ? groups.squaredResiduals(counts) * count / (count - 1) / sum : 1
    return Self.poisson(sum, clump: max(1, scatter), hours: hours)
  }

  /// Events per hour with 95 % confidence, where events come in clumps of the given size.
  private static func poisson(_ count: Double, clump: Double, hours: Double) -> Interval {
    let low = count > 0 ? gammaQuantile(shape: count / clump, 0.025) * clump / hours : 0
    return Interval(low: low, high: gammaQuantile(shape: count / clump + 1, 0.975) * clump / hours)
  }

  static func poisson(_ count: Int, hours: Double) -> Interval { poisson(Double(count), clump: 1, hours: hours) }

  /// The lowest budget that this much sound can support: below it, fewer than three alarms are expected, and seeing
  /// none proves nothing (with 95 % confidence; the rule of three).
  public var leastBudget: Double { 3 / hours }
  /// Seconds of sound that a budget needs in addition.
  public func missingSeconds(perHour budget: Double) -> Double { max(0, 3 / budget - hours) * 3600 }

  /// A tail above a level: the number of alarms, the mean excess of their peaks over it, the number of independent
  /// alarms that give an equally precise mean, and the relative standard error of the number.
  private struct Tail {
    var level: Double
    var count: Double
    var meanExcess: Double
    var independent: Double
    var error: Double
  }

  /// The threshold that unseen normal sound exceeds at the given rate per hour.
  ///
  /// Above a level the alarms fall off exponentially with the threshold. The mean excess is as uncertain as the groups
  /// differ: like one of n independent alarms. With this uncertainty their rate falls off as (1 + x / (n m))^-n, m the
  /// mean excess (the predictive distribution of the exponential one; a Pareto distribution): fewer recordings, and
  /// larger differences between them, give a higher threshold. n is at most `steepest` where recordings are the groups.
  /// The number of alarms above the level is raised by one standard error.
  public func threshold(perHour budget: Double) throws -> Double {
    let scores = Set(streams.flatMap(\.stream.scores)).sorted(by: >)
    let expected = budget * hours
    guard let tail = try tail(scores, expected), tail.meanExcess > 0 else { return scores[0] }
    let share = expected / (tail.count * (1 + tail.error))
    guard share < 1 else { return tail.level }
    let exponent = groups.areStretches ? tail.independent : min(tail.independent, Self.steepest)
    return tail.level + exponent * tail.meanExcess * (pow(share, -1 / exponent) - 1)
  }

  /// From the greatest score down to a level that is exceeded often enough, in at least half of the groups, or else in
  /// all of them; stops where the alarms merge.
  private func tail(_ scores: [Double], _ expected: Double) throws -> Tail? {
    let number = Double(groups.durations.count)
    var excess = [Double](repeating: 0, count: groups.durations.count)
    var (last, most) = (scores[0], 0.0)
    var tail: Tail?
    for place in Self.levels(scores.count) {
      let level = scores[place]
      let counts = try counts(above: level)
      for group in counts.indices { excess[group] += counts[group] * (last - level) }
      last = level
      let sum = counts.reduce(0, +)
      if most >= Self.wanted, sum < 0.8 * most { break }
      most = max(most, sum)
      guard sum > 0 else { continue }
      tail = makeTail(level, counts, excess, sum)
      let eventful = Double(counts.count { $0 > 0 })
      let isSettled =
        sum >= Self.wanted && eventful >= number / 2 && tail!.independent >= min(number - 1, Self.wanted) / 2
      if sum >= 2 * expected, isSettled || eventful == number { break }
    }
    return tail
  }

  private func makeTail(_ level: Double, _ counts: [Double], _ excess: [Double], _ sum: Double) -> Tail {
    let number = Double(counts.count)
    guard number > 1 else {
      return Tail(level: level, count: sum, meanExcess: excess[0] / sum, independent: 1, error: 1)
    }
    let whole = excess.reduce(0, +)
    let spread = groups.squaredResiduals(excess) * number / (number - 1)
    let agreement = spread > 0 ? whole * whole / spread : .infinity
    return Tail(
      level: level, count: sum, meanExcess: whole / sum, independent: max(1, min(agreement, number - 1)),
      error: (groups.squaredResiduals(counts) * number / (number - 1)).squareRoot() / sum)
  }

  /// Places in the sorted scores, each about 5 % after the one before.
  private static func levels(_ count: Int) -> [Int] {
    var places: [Int] = []
    var place = 0.0
    while Int(place) < count {
      places.append(Int(place))
      place = max(place + 1, place * 1.05)
    }
    return places
  }
}

/// The parts of normal sound that are assumed to vary independently: groups of recordings (days, sessions); with fewer
/// than `fewest` groups, recordings; with fewer than `fewest` recordings, stretches of them, about `wanted` in all,
/// none shorter than four tokens.
struct Groups {
  static let fewest = 5
  private static let wanted = 20.0

  /// Seconds of each group.
  private(set) var durations: [Double] = []
  let seconds: Double
  private let recordings: Int
  let areStretches: Bool
  /// For each stream: its first group, its begin, and the length of a group.
  private var places: [(first: Int, begin: Double, length: Double, count: Int)] = []

  init(_ streams: [ScoreStream]) {
    seconds = streams.reduce(0) { $0 + $1.seconds }
    recordings = Set(streams.map(\.recording)).count
    areStretches = recordings < Self.fewest
    if areStretches { cut(streams) } else { gather(streams) }
  }

  /// A group of each number.
  private mutating func gather(_ streams: [ScoreStream]) {
    var numbers = streams.map { $0.group ?? $0.recording }
    if Set(numbers).count < Self.fewest { numbers = streams.map(\.recording) }
    var known: [Int: Int] = [:]
    for (stream, number) in zip(streams, numbers) {
      let group = known[number] ?? known.count
      known[number] = group
      if group == durations.count { durations.append(0) }
      durations[group] += stream.seconds
      places.append((group, 0, .infinity, 1))
    }
  }

  private mutating func cut(_ streams: [ScoreStream]) {
    for stream in streams {
      let span = stream.seconds
      let extent = zip(stream.begins, stream.ends).reduce(0) { max($0, $1.1 - $1.0) }
      let count = max(1, Int(min(Self.wanted * span / max(seconds, 1e-9), span / max(4 * extent, 1e-9)).rounded()))
      let length = ((stream.ends.last ?? 0) - (stream.begins.first ?? 0)) / Double(count)
      places.append((durations.count, stream.begins.first ?? 0, max(length, 1e-9), count))
      durations += [Double](repeating: span / Double(count), count: count)
    }
  }

  func group(stream: Int, second: Double) -> Int {
    let place = places[stream]
    return place.first + max(0, min(place.count - 1, Int((second - place.begin) / place.length)))
  }

  /// Scatter of values of the groups, relative to the values expected from their durations.
  func squaredResiduals(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / max(seconds, 1e-9)
    return zip(values, durations).reduce(0) { sum, one in
      let residual = one.0 - mean * one.1
      return sum + residual * residual
    }
  }

  /// "6 recordings", "5 groups of 20 recordings", "20 stretches of 1 recording".
  var words: String {
    let whole = "\(recordings) recording\(recordings == 1 ? "" : "s")"
    if areStretches { return "\(durations.count) stretch\(durations.count == 1 ? "" : "es") of \(whole)" }
    return durations.count == recordings ? whole : "\(durations.count) groups of \(whole)"
  }
}
