import CNodeABI

/// The parts of a mark.
enum Marks {
  static var bits: UInt8 { @_noLocks @_noAllocation get { 0x0f } }
  static var silence: UInt8 { @_noLocks @_noAllocation get { UInt8(AUSCULT_MARK_SILENCE) } }
  static var silenceShift: UInt8 { @_noLocks @_noAllocation get { UInt8(AUSCULT_SILENCE_SHIFT) } }
  /// It is not known whether it sounds. Connected and moving, so that no machine counts as deaf because of it.
  static var unknown: UInt8 {
    @_noLocks @_noAllocation get { UInt8(AUSCULT_MARK_CONNECTED | AUSCULT_MARK_MOVING) }
  }
  /// The mark of a stream without marks: sounding, connected and moving.
  static var unmarked: UInt8 {
    @_noLocks @_noAllocation get { UInt8(AUSCULT_MARK_SOUNDING | AUSCULT_MARK_CONNECTED | AUSCULT_MARK_MOVING) }
  }

  /// The mark of a token that is computed from two: all their bits, and the smaller share of silence.
  @inline(__always) @_noLocks @_noAllocation
  static func merged(_ a: UInt8, _ b: UInt8) -> UInt8 { ((a | b) & bits) | min(a & silence, b & silence) }

  /// A format's `silent_share` as a mark. Thread: control.
  static func share(_ format: auscult_format) -> UInt8 {
    let share = format.silent_share == 0 ? 15 : min(15, format.silent_share)
    return UInt8(share) << UInt8(AUSCULT_SILENCE_SHIFT)
  }
}
