import CKernels
import NodeKit

/// (x - offset) / divisor with fixed statistics of each band.
struct FrozenStep {
  private let rows: Int
  private let columns: Int
  private let clips: Bool
  private let offsets: UnsafeMutablePointer<Float>
  private let divisors: UnsafeMutablePointer<Float>

  /// - Throws: `NodeError` when the statistics cannot be read.
  init(_ plan: Plan, _ memory: NodeMemory) throws {
    guard let source = plan.parameters.frozen else { preconditionFailure("mode frozen without a source") }
    let statistics = try source.statistics(bands: plan.columns)
    rows = plan.rows
    columns = plan.columns
    clips = plan.parameters.clips
    offsets = memory.array(statistics.offsets)
    divisors = memory.array(statistics.divisors)
  }

  @_noLocks @_noAllocation
  func run(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
    kernel_finite(output, input, 0, rows * columns)
    for row in 0..<rows { kernel_scale_each(output + row * columns, offsets, divisors, columns) }
    if clips { kernel_clip(output, 0, 1, rows * columns) }
  }
}
