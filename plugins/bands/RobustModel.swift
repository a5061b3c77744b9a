import CRealtime

/// What is normal for a channel: of each value (a band's level, or the loudness) the median and the scale of its
/// scatter, frozen at the end of the learning time.
struct RobustModel {
  /// [values]
  let medians: [Float]
  /// [values]: 1.4826 MAD, the standard deviation where the scatter is normal; never below the floor.
  let scales: [Float]
  /// Anomalous means score > threshold.
  private(set) var threshold = 0.0

  /// A score is the mean of this many of the largest |L - median| / scale.
  let top: Int

  /// Larger deviations count as this, so that a score is always finite.
  static let greatestDeviation: Float = 1e6
  /// Least scatter assumed for the learning scores, so that a constant sound gets a threshold above 0.
  private static let leastScatter = 0.25

  /// - Parameters:
  ///   - rows: learning data, finite: [rows][values]; at least one row.
  ///   - floor: least scale, in the unit of the values; nil: half the median of all values' scales.
  ///   - resolution: lower bound of every scale.
  ///   - sigma: k of threshold = median + k (1 + 8 / rows) * 1.4826 MAD of the scores of the learning data; the fewer
  ///     the rows, the closer they lie to their own median.
  init(rows: [[Float]], top: Int, floor: Float?, resolution: Float, sigma: Double) {
    self.top = min(top, rows[0].count)
    let columns = rows[0].indices.map { column in rows.map { $0[column] } }
    medians = columns.map { median(of: $0) }
    let raw = zip(columns, medians).map { column, middle in deviation(of: column, from: middle) }
    let least = max(floor ?? 0.5 * median(of: raw), resolution)
    scales = raw.map { max($0, least) }
    var best = Ranking()
    let scores = rows.map { row in row.withUnsafeBufferPointer { score($0.baseAddress!, &best) } }
    let middle = median(of: scores)
    threshold =
      middle + sigma * (1 + 8 / Double(rows.count)) * max(deviation(of: scores, from: middle), Self.leastScatter)
  }

  /// The `top` largest deviations: indices of the values, the largest first.
  struct Ranking {
    static let capacity = 8
    fileprivate(set) var count = 0
    fileprivate(set) var indices: InlineArray<8, UInt32> = .init(repeating: 0)
    fileprivate var deviations: InlineArray<8, Float> = .init(repeating: 0)

    fileprivate mutating func offer(_ deviation: Float, _ index: Int, most: Int) {
      guard count < most || deviation > deviations[count - 1] else { return }
      var place = count < most ? count : count - 1
      while place > 0 && deviations[place - 1] < deviation {
        deviations[place] = deviations[place - 1]
        indices[place] = indices[place - 1]
        place -= 1
      }
      deviations[place] = deviation
      indices[place] = UInt32(truncatingIfNeeded: index)
      count = min(count + 1, most)
    }
  }

  /// The score of one row [values], and the values that cause it. NaN counts as the largest deviation.
  func score(_ row: UnsafePointer<Float>, _ ranking: inout Ranking) -> Double {
    ranking.count = 0
    for index in medians.indices {
      let deviation = abs(row[index] - medians[index]) / scales[index]
      ranking.offer(deviation < Self.greatestDeviation ? deviation : Self.greatestDeviation, index, most: top)
    }
    var sum = 0.0
    for place in 0..<ranking.count { sum += Double(ranking.deviations[place]) }
    return sum / Double(ranking.count)
  }
}

/// The median.
private func median<T: BinaryFloatingPoint>(of values: [T]) -> T {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : sorted[middle - 1] / 2 + sorted[middle] / 2
}

/// 1.4826 times the median of |value - middle|.
private func deviation<T: BinaryFloatingPoint>(of values: [T], from middle: T) -> T {
  1.4826 * median(of: values.map { abs($0 - middle) })
}
