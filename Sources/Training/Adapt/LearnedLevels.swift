import GraphEngine
import Models

/// How the values of each column of a token lay while a machine was learned. A model carries it beside what its detector
/// has learned, so that another microphone's sound can be held against it.
struct LearnedLevels {
  /// [columns] over all tokens and rows.
  let medians: [Double]
  /// 1.4826 times the median distance from the median: a standard deviation that outliers leave alone.
  let deviations: [Double]

  static let medianName = "learned_median"
  static let deviationName = "learned_deviation"
  /// More values of a column than this tell nothing new.
  private static let mostValues = 8192

  /// - Parameter values: [tokens x rows x columns]
  init(_ values: [Float], columns: Int) {
    var (medians, deviations) = ([Double](), [Double]())
    let lines = values.count / columns
    let stride = max(1, lines / Self.mostValues)
    for column in 0..<columns {
      let sample = Swift.stride(from: 0, to: lines, by: stride).map { Double(values[$0 * columns + column]) }
      let median = Self.median(sample)
      medians.append(median)
      deviations.append(1.4826 * Self.median(sample.map { abs($0 - median) }))
    }
    self.medians = medians
    self.deviations = deviations
  }

  /// Nil where the model carries none, or of another number of columns.
  init?(_ model: ModelFile, machine: Int, columns: Int) {
    guard let medians = model.doubles(Self.medianName, machine: machine), medians.count == columns,
      let deviations = model.doubles(Self.deviationName, machine: machine), deviations.count == columns
    else { return nil }
    self.medians = medians
    self.deviations = deviations
  }

  /// Of none 0.
  static func median(_ values: [Double]) -> Double { share(values, 0.5) }

  /// The value below which a share lies; of none 0.
  static func share(_ values: [Double], _ share: Double) -> Double { values.isEmpty ? 0 : quantile(values, share) }
}

extension ModelFile {
  /// Notes how the values lay that a machine was learned from.
  mutating func remember(_ learned: LearnedLevels, machine: Int) {
    set(LearnedLevels.medianName, machine: machine, learned.medians)
    set(LearnedLevels.deviationName, machine: machine, learned.deviations)
  }

  mutating func set(_ name: String, machine: Int, _ values: [Double]) {
    tensors[ModelFile.tensorName(name, machine: machine)] = Tensor(
      kind: .float64, shape: [values.count], bytes: values.withUnsafeBytes { Array($0) })
  }
}
