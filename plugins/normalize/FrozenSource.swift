import NodeKit

/// Where the statistics of the mode `frozen` come from: lists in the graph file, or a file.
enum FrozenSource {
  /// Offset and divisor of each band, or one for all.
  case values(offsets: [Double], divisors: [Double])
  /// Path of a `.npy` of two rows.
  case file(String, isRange: Bool)

  /// - Throws: `NodeError` when there is not exactly one source.
  init(_ arguments: Arguments) throws {
    let list = { (name: String) in arguments.list(name).compactMap(\.number) }
    let (mean, std) = (list("mean"), list("std"))
    let (minimum, maximum) = (list("minimum"), list("maximum"))
    switch (arguments["model"]?.text, mean.isEmpty && std.isEmpty, minimum.isEmpty && maximum.isEmpty) {
    case (let path?, true, true):
      self = .file(path, isRange: arguments.text("by") == "range")
    case (nil, false, true):
      guard !mean.isEmpty, !std.isEmpty else { throw NodeError("mean and std go together", parameter: "mean") }
      self = .values(offsets: mean, divisors: std)
    case (nil, true, false):
      guard !minimum.isEmpty, !maximum.isEmpty, minimum.count == maximum.count else {
        throw NodeError("minimum and maximum go together, and are equally long", parameter: "minimum")
      }
      self = .values(offsets: minimum, divisors: zip(minimum, maximum).map { $1 - $0 })
    default:
      throw NodeError("the mode frozen takes one of: model, mean with std, minimum with maximum", parameter: "mode")
    }
  }

  /// Offset and divisor for each of `bands`. A band that was constant is divided by 1, as scikit-learn does.
  ///
  /// - Throws: `NodeError` for a file that cannot be read, or for another number of bands.
  func statistics(bands: Int) throws -> (offsets: [Float], divisors: [Float]) {
    var (offsets, divisors, parameter) = ([Double](), [Double](), "mean")
    switch self {
    case .values(let first, let second): (offsets, divisors) = (first, second)
    case .file(let path, let isRange):
      parameter = "model"
      let table = try NumPyFile.read(path)
      guard table.values.count == 2 * bands, table.shape == [2, bands] || table.shape == [2 * bands] else {
        throw NodeError(
          "\(path) has the shape \(table.shape); two rows of \(bands) bands are needed", parameter: parameter)
      }
      offsets = Array(table.values[..<bands])
      divisors = Array(table.values[bands...])
      if isRange { divisors = zip(offsets, divisors).map { $1 - $0 } }
    }
    func spread(_ values: [Double]) throws -> [Float] {
      guard values.count == bands || values.count == 1 else {
        throw NodeError("\(values.count) values for \(bands) bands", parameter: parameter)
      }
      return (0..<bands).map { Float(values.count == 1 ? values[0] : values[$0]) }
    }
    let result = (offsets: try spread(offsets), divisors: try spread(divisors).map { $0 == 0 ? 1 : $0 })
    guard (result.offsets + result.divisors).allSatisfy(\.isFinite), result.divisors.allSatisfy({ $0 > 0 }) else {
      throw NodeError("the statistics hold a value that is not finite, or a negative width", parameter: parameter)
    }
    return result
  }
}
