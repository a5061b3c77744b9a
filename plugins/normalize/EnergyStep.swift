import CKernels
import CRealtime
import NodeKit

/// Per-channel energy normalisation: `librosa.pcen`; the smoothed energies carry over from token to token.
struct EnergyStep {
  private let columns: Int
  private let channels: Int
  private let constants: UnsafeMutablePointer<kernel_pcen_constants>
  /// Smoothed energies [channels x columns].
  private let smooth: UnsafeMutablePointer<Double>

  init(_ plan: Plan, _ memory: NodeMemory) {
    let parameters = plan.parameters
    columns = plan.columns
    channels = plan.channels
    // librosa: the one-pole filter that matches the time constant, counted in columns.
    let frames = parameters.timeConstant * plan.rate
    let smoothing = (realtime_sqrt(1 + 4 * frames * frames) - 1) / (2 * frames * frames)
    constants = memory.value(
      kernel_pcen_constants(
        smoothing: smoothing, scale: parameters.scale, gain: parameters.gain, bias: parameters.bias,
        power: parameters.power, eps: parameters.eps))
    smooth = memory.array(repeating: 1, count: channels * columns)
  }

  /// The filter starts as if it had always got 1: `scipy.signal.lfilter_zi`, as in librosa.
  @_noLocks @_noAllocation
  func restart() {
    for index in 0..<(channels * columns) { smooth[index] = 1 }
  }

  @_noLocks @_noAllocation
  func run(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ channel: Int) {
    kernel_pcen(output, input, smooth + channel * columns, constants, columns)
  }
}
