/// Whether the learned values have settled: how far they moved while the last third of the rows was learned.
struct Settling {
  /// Learned values count as settled when they moved by at most this.
  static let limit = 0.2
  /// Fewer rows don't show how much they move.
  private static let leastRows = 12
  /// Larger movement counts as this.
  private static let greatest = 99.0
  /// Share of the values that move no further.
  private static let share = 0.9

  /// The greatest movement of the medians and scales, in units of the scale, and of the threshold, as a share of it.
  /// Nil: too few rows to tell.
  let movement: Double?

  /// - Parameter fit: makes a model of the given number of first rows.
  init(_ model: RobustModel, rows: Int, fit: (Int) -> RobustModel) {
    guard rows >= Self.leastRows else {
      movement = nil
      return
    }
    let before = fit(rows * 2 / 3)
    let medians = model.medians.indices.map { abs(model.medians[$0] - before.medians[$0]) / model.scales[$0] }
    let scales = model.scales.indices.map { abs(model.scales[$0] - before.scales[$0]) / model.scales[$0] }
    let threshold = abs(model.threshold - before.threshold) / max(model.threshold, before.threshold)
    let greatest = max(Self.most(medians), Self.most(scales), threshold)
    // Values that are not finite count as the greatest movement.
    movement = greatest.isFinite ? min(greatest, Self.greatest) : Self.greatest
  }

  private static func most(_ values: [Float]) -> Double {
    Double(values.sorted()[min(values.count - 1, Int(share * Double(values.count)))])
  }

  var isSettled: Bool { movement.map { $0 <= Self.limit } ?? false }

  /// "settled: it moved by 8 % while the last third was learned"
  var words: String {
    guard let movement else { return "too few tokens to tell whether it has settled" }
    let moved = "it moved by \(Int((movement * 100).rounded())) % while the last third was learned"
    return isSettled ? "settled: \(moved)" : "not settled: \(moved)"
  }
}
