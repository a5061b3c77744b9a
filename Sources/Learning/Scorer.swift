import CKernels
import CNetwork
import CRealtime
import NodeKit

/// Scores tokens by one machine's model. Allocates memory only in `init`.
open class Scorer {
  /// Values in a token.
  public final let width: Int
  final let means: UnsafePointer<Double>
  final let factors: UnsafePointer<Double>
  /// [columns] replacements for values of bands that a sound lacks; nil: the model has none.
  private let columnMeans: (UnsafePointer<Double>, count: Int)?
  private let memory: ScorerMemory

  /// Reads the scaling of the machine. `memory` is freed with the scorer.
  public init(_ model: Model.Machine, width: Int, memory: ScorerMemory) throws {
    self.width = width
    self.memory = memory
    means = memory.keep(try model.doubles("scale_mean", [width]).values)
    factors = memory.keep(try model.doubles("scale_factor", [width]).values)
    let columns = (try? model.doubles("column_means", [nil]).values) ?? []
    columnMeans = columns.isEmpty || width % columns.count != 0 ? nil : (memory.keep(columns), columns.count)
  }

  /// Sets a scaled token's values in a column to the training sound's mean.
  final func fill<T: BinaryFloatingPoint>(_ column: Int, _ row: UnsafeMutablePointer<T>) {
    guard let (mean, columns) = columnMeans, column < columns else { return }
    for index in stride(from: column, to: width, by: columns) {
      row[index] = T((mean[column] - means[index]) * factors[index])
    }
  }

  /// Scales a token [width].
  @_noLocks @_noAllocation
  final func scale(_ token: UnsafePointer<Float>, into row: UnsafeMutablePointer<Double>) {
    kernel_standardize(row, token, means, factors, width)
  }

  /// The same, rounded.
  @_noLocks @_noAllocation
  final func scale(_ token: UnsafePointer<Float>, into row: UnsafeMutablePointer<Float>) {
    network_standardize(row, token, means, factors, width)
  }

  /// The score of a scaled token [width]: higher is worse. Called on workers; an override carries both marks, so the
  /// compiler proves that it neither allocates nor locks.
  @_noLocks @_noAllocation
  open func score(_ row: UnsafePointer<Double>, _ width: Int) -> Double { 0 }

  /// The part of each value in the score of a scaled token, not negative [width]. It is the token that was scored last.
  @_noLocks @_noAllocation
  open func parts(_ row: UnsafePointer<Double>, _ width: Int, into parts: UnsafeMutablePointer<Double>) {}

  /// As `parts`, where it takes memory to compute. Thread: control.
  open func explain(_ row: UnsafePointer<Double>, into parts: UnsafeMutablePointer<Double>) {
    _ = score(row, width)
    self.parts(row, width, into: parts)
  }

  /// Classifiers: the class of the last token, and its probability.
  @frozen
  public struct Verdict {
    /// Index into the model's labels; -1: none.
    public var index: Int32
    public var probability: Float

    @inlinable @_noLocks @_noAllocation
    public init(index: Int32, probability: Float) {
      self.index = index
      self.probability = probability
    }
  }

  @_noLocks @_noAllocation
  open func verdict() -> Verdict { Verdict(index: -1, probability: 0) }
}
