/// How well scores separate anomalous from normal, over all thresholds. A higher score is worse.
public struct Ranking: Sendable {
  /// One point of the ROC and of the precision-recall curve.
  public struct Point: Sendable, Equatable {
    /// Scores at or above it count as anomalous; infinite at the first point, where none do.
    public var threshold: Double
    public var truePositives: Int
    public var falsePositives: Int
  }
  /// From the highest threshold down; scores that tie are one step.
  public let points: [Point]
  public let anomalous: Int
  public let normal: Int

  /// - Parameter scores: finite scores, each with whether it is anomalous.
  /// - Complexity: O(n log n).
  public init(_ scores: [(score: Double, isAnomalous: Bool)]) {
    self.init(sorted: scores.sorted { $0.score > $1.score }.map { ($0.score, $0.isAnomalous, 1) })
  }

  /// - Parameter sorted: the highest score first, each with its number of occurrences.
  init(sorted: [(score: Double, isAnomalous: Bool, count: Int)]) {
    var points = [Point(threshold: .infinity, truePositives: 0, falsePositives: 0)]
    var (hits, misses) = (0, 0)
    for (index, item) in sorted.enumerated() {
      if item.isAnomalous { hits += item.count } else { misses += item.count }
      let isLastOfTie = index + 1 == sorted.count || sorted[index + 1].score != item.score
      if isLastOfTie { points.append(Point(threshold: item.score, truePositives: hits, falsePositives: misses)) }
    }
    self.points = points
    anomalous = hits
    normal = misses
  }

  /// Whether both kinds occur.
  public var isDefined: Bool { anomalous > 0 && normal > 0 }

  /// Area under the ROC curve: the probability that an anomalous score is higher than a normal one, ties halved.
  public var auc: Double? { isDefined ? area(upTo: 1) : nil }

  /// Area under the ROC curve up to a false positive rate; at most that rate.
  public func partialArea(upTo rate: Double) -> Double? { isDefined ? area(upTo: rate) : nil }

  /// The partial area on a scale where chance is 0.5 and perfection 1 (McClish 1989), as in scikit-learn.
  public func partialAUC(upTo rate: Double = 0.1) -> Double? {
    guard isDefined else { return nil }
    let least = 0.5 * rate * rate
    return 0.5 * (1 + (area(upTo: rate) - least) / (rate - least))
  }

  private func area(upTo limit: Double) -> Double {
    var area = 0.0
    for (one, next) in zip(points, points.dropFirst()) {
      let (x0, x1) = (Double(one.falsePositives) / Double(normal), Double(next.falsePositives) / Double(normal))
      let (y0, y1) = (Double(one.truePositives) / Double(anomalous), Double(next.truePositives) / Double(anomalous))
      if x0 >= limit { break }
      let end = min(x1, limit)
      let height = x1 > x0 ? y0 + (y1 - y0) * (end - x0) / (x1 - x0) : y1
      area += (end - x0) * (y0 + height) / 2
    }
    return area
  }

  /// Average precision: precision at every threshold, weighted by the increase of recall.
  public var averagePrecision: Double? {
    guard isDefined else { return nil }
    var sum = 0.0
    for (one, next) in zip(points, points.dropFirst()) where next.truePositives > one.truePositives {
      let precision = Double(next.truePositives) / Double(next.truePositives + next.falsePositives)
      sum += precision * Double(next.truePositives - one.truePositives) / Double(anomalous)
    }
    // Rounding may make the sum of shares exceed 1.
    return min(1, sum)
  }

  /// The greatest F1 over all thresholds, and its threshold, halfway to the next lower score: scores above it count as
  /// anomalous.
  public var bestF1: (f1: Double, threshold: Double)? {
    guard isDefined else { return nil }
    var best = (f1: -1.0, threshold: 0.0)
    for (index, point) in points.enumerated().dropFirst() {
      let denominator = 2 * point.truePositives + point.falsePositives + (anomalous - point.truePositives)
      let f1 = 2 * Double(point.truePositives) / Double(denominator)
      guard f1 > best.f1 else { continue }
      let below = index + 1 < points.count ? points[index + 1].threshold : point.threshold.nextDown
      best = (f1, point.threshold / 2 + below / 2)
    }
    return best
  }
}

/// The decisions by a threshold.
public struct Decisions: Sendable, Equatable {
  public var truePositives = 0
  public var falsePositives = 0
  public var trueNegatives = 0
  public var falseNegatives = 0

  public init() {}

  public mutating func add(isAnomalous: Bool, isFlagged: Bool) {
    switch (isAnomalous, isFlagged) {
    case (true, true): truePositives += 1
    case (true, false): falseNegatives += 1
    case (false, true): falsePositives += 1
    case (false, false): trueNegatives += 1
    }
  }

  public var count: Int { truePositives + falsePositives + trueNegatives + falseNegatives }
  private var anomalous: Int { truePositives + falseNegatives }
  //  Nil where undefined: nothing was anomalous, nothing was flagged, there were no scores.
  public var precision: Double? { anomalous == 0 ? nil : ratio(truePositives, truePositives + falsePositives) }
  public var recall: Double? { ratio(truePositives, anomalous) }
  public var f1: Double? { anomalous == 0 ? nil : ratio(2 * truePositives, truePositives + falsePositives + anomalous) }
  public var accuracy: Double? { ratio(truePositives + trueNegatives, count) }
  public var falsePositiveRate: Double? { ratio(falsePositives, falsePositives + trueNegatives) }
}

private func ratio(_ a: Int, _ b: Int) -> Double? { b == 0 ? nil : Double(a) / Double(b) }
