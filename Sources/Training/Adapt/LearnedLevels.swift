import DetectorHost
import GraphEngine
import Models

/// The distribution of the values of each column in a machine's training tokens. A model stores it with what its
/// detector has learned, so that sound of another microphone can be compared with it.
package struct LearnedLevels {
  /// [columns] over all tokens and rows: Huber's estimate of location.
  let levels: [Double]
  /// 1.4826 times the median distance from the median: a standard deviation without the effect of outliers.
  let deviations: [Double]

  static let levelName = "learned_level"
  static let deviationName = "learned_deviation"
  /// More values of a column than this add no information.
  private static let mostValues = 8192

  /// - Parameter values: [tokens x rows x columns]
  init(_ values: [Float], columns: Int) {
    self = values.withUnsafeBufferPointer { values in
      LearnedLevels(lines: values.count / columns, columns: columns) { values[$0 * columns + $1] }
    }
  }

  /// Of tokens [rows x columns].
  init(_ examples: TrainingExamples, rows: Int, columns: Int) {
    self = examples.withTokens { tokens in
      LearnedLevels(lines: tokens.count * rows, columns: columns) { tokens[$0 / rows][$0 % rows * columns + $1] }
    }
  }

  private init(lines: Int, columns: Int, value: (_ line: Int, _ column: Int) -> Float) {
    var (levels, deviations) = ([Double](), [Double]())
    let stride = max(1, lines / Self.mostValues)
    for column in 0..<columns {
      let sample = Swift.stride(from: 0, to: lines, by: stride).map { Double(value($0, column)) }
      let median = Self.median(sample)
      let deviation = 1.4826 * Self.median(sample.map { abs($0 - median) })
      levels.append(Self.location(sample, from: median, scale: deviation))
      deviations.append(deviation)
    }
    self.levels = levels
    self.deviations = deviations
  }

  /// Nil: the model has none, or one with another number of columns.
  init?(_ model: ModelFile, machine: Int, columns: Int) {
    guard let levels = model.doubles(Self.levelName, machine: machine), levels.count == columns,
      let deviations = model.doubles(Self.deviationName, machine: machine), deviations.count == columns
    else { return nil }
    self.levels = levels
    self.deviations = deviations
  }

  /// Values within this many deviations count in full; values farther off count less.
  private static let tuning = 2.0

  /// Huber's M-estimate of location with fixed scale (Huber 1964): nearly as precise as the mean for normally
  /// distributed values, and outliers, such as a slammed door, move it little.
  ///
  /// - Parameters:
  ///   - start: their median.
  ///   - scale: 1.4826 times their median distance from it; 0: most values equal `start`, which is the result.
  package static func location(_ values: [Double], from start: Double, scale: Double) -> Double {
    guard scale > 0, scale.isFinite else { return start }
    var location = start
    for _ in 0..<50 {
      var (sum, weights) = (0.0, 0.0)
      for value in values {
        let weight = tuning * scale / max(abs(value - location), tuning * scale)
        sum += weight * value
        weights += weight
      }
      let next = sum / weights
      let isSettled = abs(next - location) < 1e-9 * scale
      location = next
      if isSettled { break }
    }
    return location
  }

  /// 0 without values.
  static func median(_ values: [Double]) -> Double { share(values, 0.5) }

  /// The value below which a share lies; 0 without values.
  static func share(_ values: [Double], _ share: Double) -> Double { values.isEmpty ? 0 : quantile(values, share) }
}

extension ModelFile {
  /// Stores the distribution of a machine's training values.
  mutating func remember(_ learned: LearnedLevels, machine: Int) {
    set(LearnedLevels.levelName, machine: machine, learned.levels)
    set(LearnedLevels.deviationName, machine: machine, learned.deviations)
  }

  mutating func set(_ name: String, machine: Int, _ values: [Double]) {
    tensors[ModelFile.tensorName(name, machine: machine)] = Tensor(
      kind: .float64, shape: [values.count], bytes: values.withUnsafeBytes { Array($0) })
  }
}
