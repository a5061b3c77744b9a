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
    var square: Float = 0
    var greatest: Float = 0
    for index in 0..<frames {
      let sample = samples[index]
      let magnitude = abs(sample)
      if magnitude > greatest { greatest = magnitude }
      square += sample * sample
    }
    let count = Float(frames)
    let mean = Float(bitPattern: meanSquare.load(ordering: .relaxed))
    let next = mean + (square / count - mean) * count / (count + 0.3 * rate)
    meanSquare.store(next.isFinite ? next.bitPattern : 0, ordering: .relaxed)
    let faded = Float(bitPattern: peak.load(ordering: .relaxed)) * rate / (rate + count)
    peak.store((greatest.isFinite ? max(greatest, faded) : faded).bitPattern, ordering: .relaxed)
    if greatest >= InputLevel.silence { sounding.store(end, ordering: .relaxed) }
    if isMoving(samples, frames) { moving.store(end, ordering: .relaxed) }
    last = samples[frames - 1]
    if isConnected { connected.store(end, ordering: .relaxed) }
  }
}

extension InputLevel {
  /// Whether a sample differs from the one before it. Usually the first one does.
  @inline(__always) @_noLocks @_noAllocation
  private func isMoving(_ samples: UnsafePointer<Float>, _ frames: Int) -> Bool {
    for index in 0..<frames where samples[index] != last { return true }
    return false
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
