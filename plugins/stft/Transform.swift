import CFFTW
import CKernels
import CRealtime
import NodeKit
import Synchronization

/// Window and FFT of one analysis frame: plan, window and aligned buffers. Thread of `init`: control.
///
/// Uses FFTW_ESTIMATE: MEASURE chooses by timing, so its results differ in the last bits from run to run.
struct Transform {
  /// FFTW's planner is not thread-safe.
  private static let planner = Mutex(())
  private static let flags = UInt32(FFTW_ESTIMATE) | UInt32(FFTW_PRESERVE_INPUT)

  /// Transforms in single precision of an even length up to this one are complex ones of half the length, which are then
  /// split: for real ones FFTW_ESTIMATE chooses a last stage that takes longer than all others together (1024 points:
  /// 1,520 ns instead of 570). No half of a length that the realtime thread runs allocates when it is executed.
  private static let longestHalved = 1 << 14

  private let length: Int
  private let fft: Int
  private let lead: Int
  private let isDouble: Bool
  private let isHalved: Bool
  /// [length] float or double.
  private let window: UnsafeMutableRawPointer
  /// [fft] float or double; stays zero outside the window.
  private let frame: UnsafeMutableRawPointer
  /// [2 x bins] double; unused in single precision, which transforms straight into the output.
  private let spectrum: UnsafeMutablePointer<Double>
  private let plan: OpaquePointer
  /// For `kernel_real_spectrum`; empty unless the transform is halved.
  private let cosines: UnsafeMutablePointer<Float>
  private let sines: UnsafeMutablePointer<Float>

  /// - Throws: when FFTW makes no plan.
  init(_ layout: FrameLayout, window shape: WindowShape, isDouble: Bool, _ memory: NodeMemory) throws {
    length = layout.length
    fft = layout.fft
    lead = layout.lead
    self.isDouble = isDouble
    isHalved = !isDouble && layout.fft % 2 == 0 && layout.fft <= Self.longestHalved
    let values = shape.values(length: length)
    if isDouble {
      window = UnsafeMutableRawPointer(memory.array(values))
      frame = UnsafeMutableRawPointer(memory.array(repeating: 0.0, count: fft))
    } else {
      window = UnsafeMutableRawPointer(memory.array(values.map { Float($0) }))
      frame = UnsafeMutableRawPointer(memory.array(repeating: Float(0), count: fft))
    }
    spectrum = memory.array(repeating: 0, count: 2 * layout.bins)
    let angles = isHalved ? (0..<(layout.fft / 4 + 1)).map { 2 * Double.pi * Double($0) / Double(layout.fft) } : []
    let pairs = { (value: (Double) -> (Double, Double)) in
      angles.map(value).flatMap { [Float($0.0 / 2), Float($0.1 / 2)] }
    }
    cosines = memory.array(pairs { (realtime_cos($0), -realtime_cos($0)) })
    sines = memory.array(pairs { (-realtime_sin($0), -realtime_sin($0)) })
    let output = UnsafeMutableRawPointer(spectrum)
    guard let plan = Self.makePlan(fft, frame, output, isDouble: isDouble, isHalved: isHalved) else {
      throw NodeError("FFTW has no plan for an FFT of \(layout.fft) points", parameter: "fft")
    }
    self.plan = plan
    warmUp()
  }

  /// Executes the plan once, so that FFTW's code for it is in memory before the first cycle.
  private func warmUp() {
    if isDouble {
      realtime_fft_r2c(plan, frame.assumingMemoryBound(to: Double.self), spectrum)
    } else {
      spectrum.withMemoryRebound(to: Float.self, capacity: 2 * (fft / 2 + 1)) { transform(into: $0) }
    }
  }

  private static func makePlan(
    _ fft: Int, _ frame: UnsafeMutableRawPointer, _ spectrum: UnsafeMutableRawPointer, isDouble: Bool, isHalved: Bool
  ) -> OpaquePointer? {
    let address = planner.withLock { _ in
      if isDouble {
        return UInt(
          bitPattern: fftw_plan_dft_r2c_1d(
            Int32(fft), frame.assumingMemoryBound(to: Double.self),
            spectrum.assumingMemoryBound(to: fftw_complex.self), flags))
      }
      let output = spectrum.assumingMemoryBound(to: fftwf_complex.self)
      return UInt(
        bitPattern: isHalved
          ? fftwf_plan_dft_1d(
            Int32(fft / 2), frame.assumingMemoryBound(to: fftwf_complex.self), output, FFTW_FORWARD, flags)
          : fftwf_plan_dft_r2c_1d(Int32(fft), frame.assumingMemoryBound(to: Float.self), output, flags))
    }
    return OpaquePointer(bitPattern: address)
  }

  /// Destroys the plan. Thread: control.
  func free() {
    Transform.planner.withLock { _ in isDouble ? fftw_destroy_plan(plan) : fftwf_destroy_plan(plan) }
  }

  /// Transforms `samples` [length] into `output` [2 x bins], aligned to 64 bytes as the plan requires.
  ///
  /// Thread: realtime or worker.
  @_noLocks @_noAllocation
  func run(_ samples: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
    if isDouble {
      let frame = frame.assumingMemoryBound(to: Double.self)
      kernel_window_double(frame + lead, samples, window.assumingMemoryBound(to: Double.self), length)
      realtime_fft_r2c(plan, frame, spectrum)
      kernel_narrow(output, spectrum, 2 * (fft / 2 + 1))
    } else {
      let frame = frame.assumingMemoryBound(to: Float.self)
      kernel_window(frame + lead, samples, window.assumingMemoryBound(to: Float.self), length)
      transform(into: output)
    }
  }

  /// The frame's spectrum in single precision.
  @_noLocks @_noAllocation
  private func transform(into output: UnsafeMutablePointer<Float>) {
    let frame = frame.assumingMemoryBound(to: Float.self)
    guard isHalved else { return realtime_fftf_r2c(plan, frame, output) }
    realtime_fftf_c2c(plan, frame, output)
    kernel_real_spectrum(output, cosines, sines, fft / 2)
  }
}
