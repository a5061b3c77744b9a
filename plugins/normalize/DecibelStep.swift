import CKernels
import CRealtime

/// `librosa.power_to_db`, then perhaps levels mapped to [0, 1].
struct DecibelStep {
  private let isDecibel: Bool
  private let floor: Float
  /// Level that becomes 0 dB; nil: the token's greatest.
  private let reference: Float?
  private let top: Float?
  private let levels: (low: Float, high: Float)?

  init(_ plan: Plan) {
    let parameters = plan.parameters
    isDecibel = plan.isDecibel
    floor = parameters.floor
    reference = parameters.reference.map { Float(10 * realtime_log10(max(Double(parameters.floor), $0))) }
    top = parameters.topDecibels
    levels = parameters.levels
  }

  @_noLocks @_noAllocation
  func run(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ count: Int) {
    if isDecibel {
      kernel_finite(output, input, 0, count)
      if let reference, reference != 0 { kernel_scale(output, reference, 1, count) }
    } else {
      kernel_decibel(output, input, floor, reference ?? 0, count)
    }
    if reference == nil { kernel_scale(output, kernel_maximum(output, count), 1, count) }
    if let top { kernel_clip(output, kernel_maximum(output, count) - top, .infinity, count) }
    if let levels {
      kernel_scale(output, levels.low, levels.high - levels.low, count)
      kernel_clip(output, 0, 1, count)
    }
  }
}
