import Synchronization

/// How loud one of the driver's inputs is, and when it last was anything. Written by the realtime thread in every cycle,
/// read by whoever asks.
struct InputLevel: ~Copyable {
  /// Bits of a Float: the greatest magnitude of late, which fades within a second or two; ...
  let peak = Atomic<UInt32>(0)
  /// ... and the mean square, over some 0.3 s.
  let meanSquare = Atomic<UInt32>(0)
  /// Frame positions: through which it has sounded, its value has changed, and something was connected.
  let sounding = Atomic<Int64>(0)
  let moving = Atomic<Int64>(0)
  let connected = Atomic<Int64>(0)
  private var last: Float = 0

  /// Inputs that are measured.
  static var most: Int {
    @_noLocks @_noAllocation get { 4096 }
  }

  /// Full scale is 1.
  private static var silence: Float {
    @_noLocks @_noAllocation get { 1e-5 }
  }

  /// Takes the samples [frames] of one call.
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
  /// Whether some sample differs from the one before it: most often the first does.
  @inline(__always) @_noLocks @_noAllocation
  private func isMoving(_ samples: UnsafePointer<Float>, _ frames: Int) -> Bool {
    for index in 0..<frames where samples[index] != last { return true }
    return false
  }
}

extension RealtimeState {
  /// Measures what the driver supplies in this quantum.
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
