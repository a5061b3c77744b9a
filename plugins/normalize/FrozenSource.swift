import NodeKit

/// Where the statistics of the mode `frozen` come from: lists in the graph file, or a file.
struct FrozenSource {
  private enum Origin {
    /// For each band, or one for all.
    case lists([Double], [Double])
    /// Path of a `.npy` of two rows.
    case file(String)
  }
  private let origin: Origin
  /// The two are minimum and maximum, not mean and standard deviation.
  private let isRange: Bool
  /// The parameter that errors name.
  private let parameter: String

  /// - Throws: `NodeError` when there is not exactly one source.
  init(_ arguments: Arguments) throws {
    let list = { (name: String) in arguments.list(name).compactMap(\.number) }
    let path = arguments["model"]?.text
    let standard = (list("mean"), list("std"))
    let range = (list("minimum"), list("maximum"))
    switch (path, standard.0.isEmpty && standard.1.isEmpty, range.0.isEmpty && range.1.isEmpty) {
    case (let path?, true, true):
      (origin, isRange, parameter) = (.file(path), arguments.text("by") == "range", "model")
    case (nil, false, true):
      guard !standard.0.isEmpty, !standard.1.isEmpty else {
        throw NodeError("mean and std go together", parameter: standard.0.isEmpty ? "std" : "mean")
      }
      (origin, isRange, parameter) = (.lists(standard.0, standard.1), false, "mean")
    case (nil, true, false):
      guard !range.0.isEmpty, !range.1.isEmpty else {
        throw NodeError("minimum and maximum go together", parameter: range.0.isEmpty ? "maximum" : "minimum")
      }
      (origin, isRange, parameter) = (.lists(range.0, range.1), true, "minimum")
    default:
      throw NodeError("the mode frozen takes one of: model, mean with std, minimum with maximum", parameter: "mode")
    }
  }

  /// Whether the source is a file that cannot be read: an error only when the graph is to run.
  var isMissing: Bool {
    if case .file(let path) = origin { return !NumPyFile.isReadable(path) }
    return false
  }

  /// Offset and divisor for each of `bands`. A band that was constant is divided by 1, as scikit-learn does.
  ///
  /// - Throws: `NodeError` for a file that cannot be read, or for another number of bands.
  func statistics(bands: Int) throws -> (offsets: [Float], divisors: [Float]) {
    let (first, second) = try rows(bands: bands)
    let offsets = try spread(first, bands)
    let others = try spread(second, bands)
    let divisors = isRange ? zip(offsets, others).map { $1 - $0 } : others
    guard offsets.allSatisfy(\.isFinite), divisors.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
      throw NodeError("the statistics hold a value that is not finite, or a negative width", parameter: parameter)
    }
    return (offsets.map { Float($0) }, divisors.map { Float($0) == 0 ? 1 : Float($0) })
  }

  private func rows(bands: Int) throws -> ([Double], [Double]) {
    switch origin {
    case .lists(let first, let second): return (first, second)
    case .file(let path):
      let table = try NumPyFile.read(path)
      guard table.shape == [2, bands] || table.shape == [1, 2 * bands] || table.shape == [2 * bands] else {
        throw NodeError(
          "\(path) has the shape \(table.shape); two rows of \(bands) bands are needed", parameter: parameter)
      }
      return (Array(table.values[..<bands]), Array(table.values[bands...]))
    }
  }

  private func spread(_ values: [Double], _ bands: Int) throws -> [Double] {
    guard values.count == bands || values.count == 1 else {
      throw NodeError("\(values.count) values for \(bands) bands", parameter: parameter)
    }
    return values.count == 1 ? [Double](repeating: values[0], count: bands) : values
  }
}
