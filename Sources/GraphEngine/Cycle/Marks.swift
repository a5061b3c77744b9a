import CNodeABI

/// The parts of a mark.
enum Marks {
  static var bits: UInt8 { @_noLocks @_noAllocation get { 0x0f } }
  static var silence: UInt8 { @_noLocks @_noAllocation get { UInt8(AUSCULT_MARK_SILENCE) } }
  static var silenceShift: UInt8 { @_noLocks @_noAllocation get { UInt8(AUSCULT_SILENCE_SHIFT) } }
  /// Whether it sounds is not known: connected and moving, so that nobody is called deaf for it.
  static var unknown: UInt8 {
    @_noLocks @_noAllocation get { UInt8(AUSCULT_MARK_CONNECTED | AUSCULT_MARK_MOVING) }
  }
  static var heard: UInt8 {
    @_noLocks @_noAllocation get { UInt8(AUSCULT_MARK_SOUNDING | AUSCULT_MARK_CONNECTED | AUSCULT_MARK_MOVING) }
  }

  /// Of two tokens that are computed into one: it is as silent as the less silent of them.
  @inline(__always) @_noLocks @_noAllocation
  static func merged(_ a: UInt8, _ b: UInt8) -> UInt8 { ((a | b) & bits) | min(a & silence, b & silence) }

  /// The mark that a format's silent_share is. Thread: control.
  static func share(_ format: auscult_format) -> UInt8 {
    let share = format.silent_share == 0 ? 15 : min(15, format.silent_share)
    return UInt8(share) << UInt8(AUSCULT_SILENCE_SHIFT)
  }
}
