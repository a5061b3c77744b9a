/// Tells lost frames from the noise of JACK's counter, once a cycle.
///
/// `jack_last_frame_time` is read from shared memory that the server may have moved on meanwhile. So a step forward may
/// be no more than a late look, taken back at the next cycle; and a period change steps by the difference of the
/// periods. The rules:
/// - the 32-bit counter is unwrapped by signed differences;
/// - a step forward is a gap once all of it is still there one cycle later, and is reported then. A client that was
///   late by several cycles catches up by calls without pause, and sees a step that shrinks: no gap;
/// - a step back is counted as late; one that stays is taken for the counter's new base, for positions never go back;
/// - a period change, and a cycle without deadline (freewheel loses nothing), re-base.
///
/// The loss lies before the cycle in which the counter first stepped: the one before that in which it is reported. So
/// the driver keeps that cycle back (`HeldCycle`) where it can; where the graph gives samples to JACK it cannot, and
/// the gap comes a period late.
///
/// A plain value, no pointers: all of it is touched by the realtime thread alone.
package struct FrameClock {
  /// Frame position of the first frame of the next cycle, as far as no gap comes before it.
  package private(set) var position: Int64 = 0
  /// Frames reported as lost.
  package private(set) var lost: Int64 = 0
  /// Times that the counter stepped back: looks that were late.
  package private(set) var stepsBack: Int64 = 0

  /// Whether the counter had stepped forward at the last cycle's begin: it came late. Catching up is not being late again.
  package private(set) var isLate = false

  package init() {}

  private var expected: UInt32 = 0
  private var period: UInt32 = 0
  /// How far the counter was ahead of (or, negative, behind) what was delivered and reported, at the last cycle.
  private var excess: Int64 = 0

  /// Whether the last look at the counter was ahead of the frames delivered: a gap to come, or a late look.
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

  /// Counts the first cycle with a new server. How much was lost in between, another clock must say.
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
