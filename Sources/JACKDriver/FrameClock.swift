/// Distinguishes lost frames from the noise of JACK's counter, once per cycle.
///
/// `jack_last_frame_time` is read from shared memory that the server may have updated meanwhile. So a step forward
/// may only mean that the counter was read late, which the next cycle corrects. A period change steps by the
/// difference of the periods. The rules:
/// - the 32-bit counter is unwrapped by signed differences;
/// - a step forward is a gap if all of it is still there one cycle later; it is reported then. A client that was late by
///   several cycles catches up by calls without pause, and sees a shrinking step: this is no gap;
/// - a step back is counted as late; a step back that stays becomes the counter's new base, because positions never
///   decrease;
/// - a period change, and a cycle without deadline (freewheel loses nothing), re-base.
///
/// The loss lies before the cycle in which the counter first stepped, one cycle before it is reported. So the driver holds
/// that cycle back (`HeldCycle`) if possible. If the graph gives samples to JACK, it is not possible, and the gap comes one
/// period late.
///
/// A plain value without pointers; only the realtime thread uses it.
package struct FrameClock {
  /// Frame position of the first frame of the next cycle, if no gap precedes it.
  package private(set) var position: Int64 = 0
  /// Frames reported as lost.
  package private(set) var lost: Int64 = 0
  /// How often the counter stepped back, after it was read late.
  package private(set) var stepsBack: Int64 = 0

  /// Whether the last cycle came late: the counter had stepped forward at its begin. Catching up does not count as late.
  package private(set) var isLate = false

  package init() {}

  private var expected: UInt32 = 0
  private var period: UInt32 = 0
  /// How far the counter was ahead of (negative: behind) the delivered and reported frames, at the last cycle.
  private var excess: Int64 = 0

  /// Whether the counter was ahead of the delivered frames when last read: a coming gap, or a late reading.
  package var isAhead: Bool {
    @_noLocks @_noAllocation get { excess > 0 }
  }

  /// Counts one cycle.
  ///
  /// - Parameters:
  ///   - counter: `jack_last_frame_time` in this cycle.
  ///   - frames: of this cycle.
  ///   - rebases: the counter means nothing across the last two cycles (freewheel).
  /// - Returns: the frames that are known to be lost before the last cycle; 0: none.
  @_noLocks @_noAllocation
  package mutating func cycle(counter: UInt32, frames: UInt32, rebases: Bool = false) -> Int64 {
    var missing: Int64 = 0
    isLate = false
    if period == frames && !rebases {
      let step = Int64(Int32(bitPattern: counter &- expected))
      isLate = step > 0
      let now = excess + step
      if step < 0 { stepsBack += 1 }
      let stays = (excess > 0 && now >= excess) || (excess < 0 && now <= excess) ? excess : 0
      excess = now - stays
      missing = max(0, stays)
    } else {
      excess = 0
    }
    deliver(counter, frames, missing)
    return missing
  }

  /// Counts the first cycle with a new server. Another clock measures the frames lost in between.
  @_noLocks @_noAllocation
  package mutating func resume(counter: UInt32, frames: UInt32, lost missing: Int64) -> Int64 {
    excess = 0
    deliver(counter, frames, missing)
    return missing
  }

  @_noLocks @_noAllocation
  private mutating func deliver(_ counter: UInt32, _ frames: UInt32, _ missing: Int64) {
    expected = counter &+ frames
    period = frames
    lost += missing
    position += missing + Int64(frames)
  }
}
