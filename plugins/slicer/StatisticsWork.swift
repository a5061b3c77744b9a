import CKernels
import CRealtime
import NodeKit

/// The work of an active `statistics`: the data that the realtime thread uses.
struct StatisticsWork {
  private let rows: Int
  private let columns: Int
  private let count: Int
  private let statistics: UnsafeMutablePointer<Statistics.Statistic>
  /// Two sums of each column, and one column sorted.
  private let means: UnsafeMutablePointer<Double>
  private let sums: UnsafeMutablePointer<Double>
  private let sorted: UnsafeMutablePointer<Float>

  /// Thread: control.
  init(_ statistics: [Statistics.Statistic], rows: Int, columns: Int, _ memory: NodeMemory) {
    self.rows = rows
    self.columns = columns
    count = statistics.count
    self.statistics = memory.array(statistics)
    means = memory.array(repeating: 0, count: columns)
    sums = memory.array(repeating: 0, count: columns)
    sorted = memory.array(repeating: 0, count: rows)
  }

  /// Bytes that it holds.
  static func memory(rows: Int, columns: Int) -> Int { 16 * columns + 4 * rows }

  /// Statistics of one slice [rows x columns], one after the other into `output` [statistics x columns].
  @_noLocks @_noAllocation
  func run(_ slice: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
    for index in 0..<count {
      let to = output + index * columns
      switch statistics[index] {
      case .mean: kernel_column_mean(to, means, slice, rows, columns)
      case .std: kernel_column_deviation(to, means, sums, slice, rows, columns)
      case .median: kernel_column_median(to, sorted, slice, rows, columns)
      case .min: extremes(slice, to, isMaximum: false)
      case .max: extremes(slice, to, isMaximum: true)
      }
    }
  }

  @_noLocks @_noAllocation
  private func extremes(_ slice: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, isMaximum: Bool) {
    realtime_copy(to, slice, columns * MemoryLayout<Float>.size)
    for row in 1..<max(1, rows) {
      let from = slice + row * columns
      if isMaximum { kernel_raise(to, from, columns) } else { kernel_lower(to, from, columns) }
    }
  }
}
