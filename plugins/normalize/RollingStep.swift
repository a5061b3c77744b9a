import CKernels
import CRealtime
import NodeKit

/// (x - min) / (max - min + epsilon), minimum and maximum over the last `window` tokens, the present one included.
///
/// Exact for every token, at a nearly constant cost: 2 sqrt(window) comparisons for each value. The window consists of
/// blocks with a stored minimum; only the oldest block, which is partly outside, is read row by row.
struct RollingStep {
  private let rows: Int
  private let columns: Int
  private let layout: RollingLayout
  private let channels: Int
  /// Of one side of one channel.
  private let floats: Int
  private let epsilon: Float
  /// For each channel the minimum's and the maximum's `RollingSide`, one after the other.
  private let sides: UnsafeMutablePointer<Float>
  /// Tokens since the last restart, per channel.
  private let counts: UnsafeMutablePointer<Int>

  init(_ plan: Plan, _ memory: NodeMemory) {
    rows = plan.rows
    columns = plan.columns
    channels = plan.channels
    layout = plan.rolling
    epsilon = plan.parameters.epsilon
    floats = Int(layout.floats)
    sides = memory.array(repeating: 0, count: 2 * channels * floats)
    counts = memory.array(repeating: 0, count: channels)
  }

  @_noLocks @_noAllocation
  func restart() {
    for channel in 0..<channels { counts[channel] = 0 }
  }

  @_noLocks @_noAllocation
  func run(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ channel: Int) {
    kernel_finite(output, input, 0, rows * columns)
    let minimum = RollingSide(layout, sides + 2 * channel * floats, isMaximum: false)
    let maximum = RollingSide(layout, sides + (2 * channel + 1) * floats, isMaximum: true)
    let count = counts[channel]
    measure(output, minimum.row(count), maximum.row(count))
    minimum.update(count)
    maximum.update(count)
    counts[channel] = count + 1
    map(output, minimum.result, maximum.result)
  }

  /// Least and greatest of one token, of all values or of each band.
  @_noLocks @_noAllocation
  private func measure(
    _ values: UnsafePointer<Float>, _ low: UnsafeMutablePointer<Float>, _ high: UnsafeMutablePointer<Float>
  ) {
    if layout.width == 1 {
      low[0] = kernel_minimum(values, rows * columns)
      high[0] = kernel_maximum(values, rows * columns)
      return
    }
    realtime_copy(low, values, columns * MemoryLayout<Float>.size)
    realtime_copy(high, values, columns * MemoryLayout<Float>.size)
    for row in 1..<max(1, rows) {
      kernel_lower(low, values + row * columns, columns)
      kernel_raise(high, values + row * columns, columns)
    }
  }

  /// Maps a token's values in place; a range of zero maps to zero. Turns `high` into the divisors.
  @_noLocks @_noAllocation
  private func map(
    _ values: UnsafeMutablePointer<Float>, _ low: UnsafePointer<Float>, _ high: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<layout.width {
      let range = high[index] - low[index] + epsilon
      high[index] = range == 0 ? 1 : range
    }
    if layout.width == 1 {
      kernel_scale(values, low[0], high[0], rows * columns)
    } else {
      for row in 0..<rows { kernel_scale_each(values + row * columns, low, high, columns) }
    }
  }
}
