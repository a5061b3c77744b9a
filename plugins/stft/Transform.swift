import CFFTW
import CKernels
import NodeKit
import Synchronization

/// Window and FFT of one analysis frame: plan, window and aligned buffers. Thread of `init`: control.
///
/// Uses FFTW_ESTIMATE: MEASURE chooses by timing, so its results differ in the last bits from run to run.
struct Transform {
  /// FFTW's planner is not thread-safe.
  private static let planner = Mutex(())
  private static let flags = UInt32(FFTW_ESTIMATE) | UInt32(FFTW_PRESERVE_INPUT)

  private let length: Int
  private let fft: Int
  private let lead: Int
  private let isDouble: Bool
  /// [length] float or double.
  private let window: UnsafeMutableRawPointer
  /// [fft] float or double; stays zero outside the window.
  private let frame: UnsafeMutableRawPointer
  /// [2 x bins] double; unused in single precision, which transforms straight into the output.
  private let spectrum: UnsafeMutablePointer<Double>
  private let plan: OpaquePointer

  /// - Throws: when FFTW makes no plan.
  init(_ layout: FrameLayout, window shape: WindowShape, isDouble: Bool, _ memory: NodeMemory) throws {
    length = layout.length
    fft = layout.fft
    lead = layout.lead
    self.isDouble = isDouble
    let values = shape.values(length: length)
    if isDouble {
      window = UnsafeMutableRawPointer(memory.array(values))
      frame = UnsafeMutableRawPointer(memory.array(repeating: 0.0, count: fft))
    } else {
      window = UnsafeMutableRawPointer(memory.array(values.map { Float($0) }))
      frame = UnsafeMutableRawPointer(memory.array(repeating: Float(0), count: fft))
    }
    spectrum = memory.array(repeating: 0, count: 2 * layout.bins)
    guard let plan = Transform.makePlan(layout.fft, frame, UnsafeMutableRawPointer(spectrum), isDouble) else {
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
      spectrum.withMemoryRebound(to: Float.self, capacity: 2 * (fft / 2 + 1)) {
        realtime_fftf_r2c(plan, frame.assumingMemoryBound(to: Float.self), $0)
      }
    }
  }

  private static func makePlan(
    _ fft: Int, _ frame: UnsafeMutableRawPointer, _ spectrum: UnsafeMutableRawPointer, _ isDouble: Bool
  ) -> OpaquePointer? {
    let address = planner.withLock { _ in
      UInt(
        bitPattern: isDouble
          ? fftw_plan_dft_r2c_1d(
            Int32(fft), frame.assumingMemoryBound(to: Double.self),
            spectrum.assumingMemoryBound(to: fftw_complex.self), flags)
          : fftwf_plan_dft_r2c_1d(
            Int32(fft), frame.assumingMemoryBound(to: Float.self),
            spectrum.assumingMemoryBound(to: fftwf_complex.self), flags))
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
      realtime_fftf_r2c(plan, frame, output)
    }
  }
}
