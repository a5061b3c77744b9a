import CNodeABI
import NodeKit

/// The result of one score, or of time without one, in the order of the members.
struct HearingChange {
  var isDeaf = false
  var isHearing = false
  /// AUSCULT_DEAF_*.
  var cause: UInt32 = 0
  /// Ticks: where deafness began, ...
  var begin: Int64 = 0
  /// ... when it was reported, ...
  var told: Int64 = 0
  /// ... and the end of the score that is heard again.
  var heard: Int64 = 0
}

/// Whether one channel is heard. Times are in ticks.
///
/// A score is heard unless its marks say that no port was connected, that all of it is silent, or that all its samples
/// have one value. The channel is deaf after `patience` without the end of a heard score. The time counts from the
/// begin of the first score that is not heard or, if no score arrives, from the end of the last one. Stream time
/// decides, not the time of arrival: the cut of the stream makes no difference. Time in gaps counts.
struct Hearing {
  /// End of the last heard score; nil: nothing has arrived yet.
  private var heard: Int64?
  /// Begin of the first score since then that is not heard, and the cause of the latest.
  private var since: Int64?
  private var cause: UInt32 = 0
  private var isDeaf = false
  private var begin: Int64 = 0

  /// Why a score with these marks is not heard; 0: it is heard. A sounding score with neither of the two newer bits
  /// comes from a stream that was marked without them.
  @inline(__always) @_noLocks @_noAllocation
  static func cause(_ marks: Marks) -> UInt32 {
    if !marks.isConnected { return marks.isSounding ? 0 : AUSCULT_DEAF_UNCONNECTED }
    if !marks.isMoving { return AUSCULT_DEAF_STUCK }
    return marks.isWhollySilent ? AUSCULT_DEAF_SILENT : 0
  }

  @_noLocks @_noAllocation
  mutating func take(from start: Int64, to end: Int64, cause: UInt32, _ patience: Int64) -> HearingChange {
    begin(at: start, patience)
    // Deafness was reported before this score's end, or not at all.
    var change = end > limit(patience) ? tell(patience) : HearingChange()
    if cause != 0 {
      if since == nil { since = min(start, heard ?? start) }
      self.cause = cause
      return change
    }
    if isDeaf {
      change.isHearing = true
      change.cause = self.cause
      change.begin = begin
      change.heard = end
    }
    isDeaf = false
    since = nil
    heard = max(heard ?? end, end)
    return change
  }

  /// No score that ends at or before `position` will arrive.
  @_noLocks @_noAllocation
  mutating func wait(through position: Int64, _ patience: Int64) -> HearingChange {
    begin(at: position, patience)
    return position >= limit(patience) ? tell(patience) : HearingChange()
  }

  /// A stream should be heard from its begin on: from position 0 or, for an alarm that was added later, from then.
  @_noLocks @_noAllocation
  private mutating func begin(at position: Int64, _ patience: Int64) {
    if heard == nil { heard = position > patience ? position : 0 }
  }

  @_noLocks @_noAllocation
  private func limit(_ patience: Int64) -> Int64 { (since ?? heard ?? 0) + patience }

  @_noLocks @_noAllocation
  private mutating func tell(_ patience: Int64) -> HearingChange {
    if isDeaf { return HearingChange() }
    isDeaf = true
    begin = since ?? heard ?? 0
    if since == nil { cause = AUSCULT_DEAF_NO_SCORE }
    return HearingChange(isDeaf: true, cause: cause, begin: begin, told: begin + patience)
  }
}
