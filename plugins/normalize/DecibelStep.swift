import CKernels
import CRealtime

/// `librosa.power_to_db` of a token, then optionally levels mapped to [0, 1], or the removed level kept as a column.
struct DecibelStep {
  private let isDecibel: Bool
  private let floor: Float
  private let reference: Reference
  private let top: Float?
  private let levels: (low: Float, high: Float)?
  private let keepsLevel: Bool
  private let rows: Int
  private let columns: Int

  /// The reference: what is 0 dB.
  private enum Reference {
    case fixed(Float)
    case maximum, mean, median
    /// The mean of one column.
    case band(Int)
  }

  init(_ plan: Plan) {
    let parameters = plan.parameters
    isDecibel = plan.isDecibel
    floor = parameters.floor
    reference =
      switch parameters.reference {
      case .value(let value): .fixed(Self.level(value, floor: parameters.floor))
      case .max: .maximum
      case .mean: .mean
      case .median: .median
      case .band: .band(parameters.band)
      }
    top = parameters.topDecibels
    levels = parameters.levels
    keepsLevel = parameters.keepsLevel
    rows = plan.rows
    columns = plan.columns
  }

  /// Maps `input` [rows x columns] to `output`, which has one more column if the level is kept.
  @_noLocks @_noAllocation
  func run(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) {
    let count = rows * columns
    let level = removedLevel(input, output)
    if isDecibel {
      kernel_finite(output, input, 0, count)
      if level != 0 { kernel_scale(output, level, 1, count) }
    } else {
      kernel_decibel(output, input, floor, level, count)
    }
    if let top { kernel_clip(output, kernel_maximum(output, count) - top, .infinity, count) }
    if let levels {
      kernel_scale(output, levels.low, levels.high - levels.low, count)
      kernel_clip(output, 0, 1, count)
    }
    if keepsLevel { append(level, output) }
  }

  /// In dB. Writes to `scratch` [rows x columns].
  @_noLocks @_noAllocation
  private func removedLevel(_ input: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>) -> Float {
    let count = rows * columns
    switch reference {
    case .fixed(let level): return level
    case .maximum:
      // By the same logarithm as the values, so that the greatest becomes exactly 0.
      if isDecibel { kernel_finite(scratch, input, 0, count) } else { kernel_decibel(scratch, input, floor, 0, count) }
      return kernel_maximum(scratch, count)
    case .mean: return Self.level(kernel_mean(input, count), floor: floor)
    case .median: return Self.level(kernel_median(input, count), floor: floor)
    case .band(let band):
      for row in 0..<rows { scratch[row] = input[row * columns + band] }
      return Self.level(kernel_mean(scratch, rows), floor: floor)
    }
  }

  @_noLocks @_noAllocation
  private static func level(_ power: Double, floor: Float) -> Float {
    Float(10 * realtime_log10(power > Double(floor) ? power : Double(floor)))
  }

  /// Rows move apart, the last one first, and the level fills each row's last column.
  @_noLocks @_noAllocation
  private func append(_ level: Float, _ values: UnsafeMutablePointer<Float>) {
    for row in (0..<rows).reversed() {
      let to = values + row * (columns + 1)
      realtime_move(to, values + row * columns, columns * MemoryLayout<Float>.size)
      to[columns] = level
    }
  }
}
