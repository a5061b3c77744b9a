import CKernels
import Synchronization

/// The level of one of the driver's inputs, and when it last had a signal. The realtime thread writes it in every
/// cycle; any thread may read it.
struct InputLevel: ~Copyable {
  /// Bits of a Float: the recent peak magnitude, which decays within a second or two.
  let peak = Atomic<UInt32>(0)
  /// Bits of a Float: the mean square over about 0.3 s.
  let meanSquare = Atomic<UInt32>(0)
  /// Frame positions through which the input sounded, its value changed, and something was connected to it.
  let sounding = Atomic<Int64>(0)
  let moving = Atomic<Int64>(0)
  let connected = Atomic<Int64>(0)
  private var last: Float = 0

  /// Most inputs that are measured.
  static var most: Int {
    @_noLocks @_noAllocation get { 4096 }
  }

  /// Full scale is 1.
  private static var silence: Float {
    @_noLocks @_noAllocation get { 1e-5 }
  }

  /// Measures the samples [frames] of one call.
  ///
  /// Thread: realtime.
  @_noLocks @_noAllocation
  mutating func note(
    _ samples: UnsafePointer<Float>, frames: Int, through end: Int64, rate: Float, isConnected: Bool
  ) {
    if frames == 0 { return }
    let sums = kernel_level(samples, last, frames)
    let count = Float(frames)
    let mean = Float(bitPattern: meanSquare.load(ordering: .relaxed))
    let next = mean + (sums.square / count - mean) * count / (count + 0.3 * rate)
    meanSquare.store(next.isFinite ? next.bitPattern : 0, ordering: .relaxed)
    let faded = Float(bitPattern: peak.load(ordering: .relaxed)) * rate / (rate + count)
    peak.store((sums.greatest.isFinite ? max(sums.greatest, faded) : faded).bitPattern, ordering: .relaxed)
    if sums.greatest >= InputLevel.silence { sounding.store(end, ordering: .relaxed) }
    if sums.moves != 0 { moving.store(end, ordering: .relaxed) }
    last = samples[frames - 1]
    if isConnected { connected.store(end, ordering: .relaxed) }
  }
}

extension RealtimeState {
  /// Measures the driver's inputs in this quantum.
  @_noLocks @_noAllocation
  func measureInputs(_ schedule: UnsafeMutablePointer<RealtimeSchedule>) {
    let clock = schedule.pointee.clock.pointee
    let frames = Int(clock.frames)
    for index in 0..<schedule.pointee.inputChannelCount {
      let channel = schedule.pointee.inputChannels[index].index
      guard channel < InputLevel.most, let samples = schedule.pointee.externalInputs[index] else { continue }
      levels[channel].note(
        samples, frames: frames, through: clock.position + Int64(frames), rate: schedule.pointee.rate,
        isConnected: schedule.pointee.externalConnected[index] != 0)
    }
  }
}
