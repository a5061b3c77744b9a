/// The figures of a comparison: means over seeds and machines, 95 % intervals by drawing recordings with replacement, and
/// differences to one graph by the same draws. The same results give the same figures.
public struct ComparisonFigures: Sendable {
  public struct Figure: Sendable, Equatable {
    public var value: Double
    /// Nil: too few recordings.
    public var interval: Interval?
  }

  /// Of a graph: means over the seeds.
  public struct Row: Sendable {
    /// AUC over recordings, or the accuracy of classifiers: the mean over the machines; nil: it is undefined.
    public var quality: Figure?
    public var pauc: Figure?
    /// Share of the normal tokens above the threshold.
    public var flagged: Figure?
    /// Quality minus the reference's, over the recordings that both have scored; nil: it is the reference, or there is
    /// none.
    public var difference: Figure?
    /// Recordings that both have scored.
    public var common = 0
    public var machines: [Machine] = []
    public var seeds: [Seed] = []
  }

  public struct Machine: Sendable {
    public var name: String
    public var quality: Figure?
    public var pauc: Figure?
    public var flagged: Figure?
  }

  public struct Seed: Sendable {
    public var seed: UInt64
    public var quality: Double?
    public var pauc: Double?
    public var flagged: Double?
  }

  /// In the order of the comparison's rows; nil: the graph failed.
  public private(set) var rows: [Row?]
  /// Index of the reference row.
  public private(set) var reference: Int?
  public private(set) var machines: [String]

  private static let draws = 1000
  private static let seed: UInt64 = 42
  /// The most scores that are counted, over all draws.
  private static let greatestWork = 200_000_000

  public init(_ comparison: Comparison) {
    let shown = comparison.rows.map { $0.failure == nil ? $0.results : [] }
    let recordings = shown.joined().flatMap(\.recordings)
    machines = Set(recordings.map(\.machine)).sorted()
    let draws = RecordingDraws(recordings, seed: Self.seed)
    let bench = Bench(
      machines: machines, places: draws.places, isClassification: comparison.isClassification)
    let counted = shown.map { bench.counted($0) }
    rows = zip(shown, counted).map { $0.isEmpty ? nil : bench.row($0, $1, draws.whole) }
    reference = comparison.reference.flatMap { path in
      comparison.rows.firstIndex { $0.path == path && $0.failure == nil }
    }
    if comparison.reference == nil {
      reference = rows.indices.filter { rows[$0]?.quality != nil }.max {
        (rows[$0]!.quality!.value, $1) < (rows[$1]!.quality!.value, $0)
      }
    }
    let pairs = rows.indices.map { index in
      reference.flatMap { index == $0 || rows[index] == nil ? nil : bench.pair(shown[index], shown[$0]) }
    }
    for index in rows.indices {
      guard let pair = pairs[index], let value = pair.difference(draws.whole) else { continue }
      rows[index]!.difference = Figure(value: value)
      rows[index]!.common = pair.common
    }
    drawIntervals(draws, counted, pairs)
  }

  private mutating func drawIntervals(_ draws: RecordingDraws, _ counted: [[CountedScores]], _ pairs: [Pair?]) {
    let work = counted.joined().reduce(0) { $0 + $1.count } + pairs.reduce(0) { $0 + ($1?.count ?? 0) }
    var draws = draws
    var samples = rows.map { Samples(machines: $0 == nil ? 0 : machines.count) }
    for _ in 0..<max(100, min(Self.draws, Self.greatestWork / max(1, work))) {
      let counts = draws.next()
      for index in rows.indices where rows[index] != nil {
        samples[index].add(SeedMeans(counted[index].map { $0.values(counts) }))
        if let difference = pairs[index]?.difference(counts) { samples[index].differences.append(difference) }
      }
    }
    for index in rows.indices where rows[index] != nil {
      samples[index].setIntervals(
        of: &rows[index]!, varies: counted[index].first?.varies ?? [], pairVaries: pairs[index]?.varies ?? false)
    }
  }
}

/// Means over seeds.
private struct SeedMeans {
  /// Of each machine.
  var quality: [Double?] = []
  var pauc: [Double?] = []
  var flagged: [Double?] = []
  var meanQuality: Double? { mean(quality.compactMap { $0 }) }
  var meanPAUC: Double? { mean(pauc.compactMap { $0 }) }
  var meanFlagged: Double? { mean(flagged.compactMap { $0 }) }

  init(_ seeds: [CountedScores.Values]) {
    for machine in (seeds.first?.quality ?? []).indices {
      quality.append(mean(seeds.compactMap { $0.quality[machine] }))
      pauc.append(mean(seeds.compactMap { $0.pauc[machine] }))
      flagged.append(mean(seeds.compactMap { $0.flagged[machine] }))
    }
  }
}

private func mean(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}

/// The data that scores are counted with.
private struct Bench {
  let machines: [String]
  let places: [String: Int]
  let isClassification: Bool

  func counted(_ results: [SeedResult], chosen: Set<Int>? = nil) -> [CountedScores] {
    results.map {
      CountedScores($0, machines: machines, places: places, chosen: chosen, isClassification: isClassification)
    }
  }

  func row(_ results: [SeedResult], _ counted: [CountedScores], _ counts: [Int]) -> ComparisonFigures.Row {
    let values = counted.map { $0.values(counts) }
    let means = SeedMeans(values)
    let figure = { (value: Double?) in value.map { ComparisonFigures.Figure(value: $0) } }
    var row = ComparisonFigures.Row(
      quality: figure(means.meanQuality), pauc: figure(means.meanPAUC), flagged: figure(means.meanFlagged))
    row.machines = machines.indices.map {
      .init(
        name: machines[$0], quality: figure(means.quality[$0]), pauc: figure(means.pauc[$0]),
        flagged: figure(means.flagged[$0]))
    }
    row.seeds = zip(results, values).map { result, values in
      let means = SeedMeans([values])
      return .init(seed: result.seed, quality: means.meanQuality, pauc: means.meanPAUC, flagged: means.meanFlagged)
    }
    return row
  }

  /// Two graphs, over the recordings that both have scored.
  func pair(_ own: [SeedResult], _ other: [SeedResult]) -> Pair {
    let judged = [own, other].map { results in Set(results.flatMap { $0.recordings.map { places[$0.path]! } }) }
    let common = judged[0].intersection(judged[1])
    return Pair(own: counted(own, chosen: common), other: counted(other, chosen: common), common: common.count)
  }
}

private struct Pair {
  let own: [CountedScores]
  let other: [CountedScores]
  let common: Int

  var count: Int { (own + other).reduce(0) { $0 + $1.count } }
  var varies: Bool { zip(own[0].varies, other[0].varies).allSatisfy { $0 && $1 } }

  func difference(_ counts: [Int]) -> Double? {
    let means = [own, other].map { SeedMeans($0.map { $0.values(counts) }).meanQuality }
    guard let mine = means[0], let theirs = means[1] else { return nil }
    return mine - theirs
  }
}

/// Figures of a row in all draws.
private struct Samples {
  private var quality: [Double] = []
  private var pauc: [Double] = []
  private var flagged: [Double] = []
  var differences: [Double] = []
  private var machines: [(quality: [Double], pauc: [Double], flagged: [Double])]

  init(machines count: Int) { machines = Array(repeating: ([], [], []), count: count) }

  mutating func add(_ means: SeedMeans) {
    if let value = means.meanQuality { quality.append(value) }
    if let value = means.meanPAUC { pauc.append(value) }
    if let value = means.meanFlagged { flagged.append(value) }
    for index in machines.indices {
      if let value = means.quality[index] { machines[index].quality.append(value) }
      if let value = means.pauc[index] { machines[index].pauc.append(value) }
      if let value = means.flagged[index] { machines[index].flagged.append(value) }
    }
  }

  /// - Parameter varies: for each machine, whether it has enough recordings.
  func setIntervals(of row: inout ComparisonFigures.Row, varies: [Bool], pairVaries: Bool) {
    let areDefined = zip(row.machines, varies).allSatisfy { $0.quality == nil || $1 }
    if areDefined {
      row.quality?.interval = interval(quality)
      row.pauc?.interval = interval(pauc)
      row.flagged?.interval = interval(flagged)
    }
    if pairVaries { row.difference?.interval = interval(differences) }
    for index in row.machines.indices where varies[index] {
      row.machines[index].quality?.interval = interval(machines[index].quality)
      row.machines[index].pauc?.interval = interval(machines[index].pauc)
      row.machines[index].flagged?.interval = interval(machines[index].flagged)
    }
  }

  private func interval(_ values: [Double]) -> Interval? {
    values.count < 50 ? nil : Interval(low: quantile(values, 0.025), high: quantile(values, 0.975))
  }
}
