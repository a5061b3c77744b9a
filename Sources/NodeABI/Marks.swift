import CNodeABI

/// The source's marks of the samples that a token was computed from: AUSCULT_MARK_*, one byte per channel and token.
///
/// Thread: any.
@frozen
public struct Marks: RawRepresentable, Sendable, Equatable {
  public let rawValue: UInt8

  @inlinable @_noLocks @_noAllocation
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The marks of a stream without marks: sounding, connected and moving, not clipped.
  @inlinable
  public static var unmarked: Marks {
    @inline(__always) @_noLocks @_noAllocation get {
      Marks(rawValue: UInt8(AUSCULT_MARK_SOUNDING | AUSCULT_MARK_CONNECTED | AUSCULT_MARK_MOVING))
    }
  }

  /// Not silent.
  @inlinable
  public var isSounding: Bool { @_noLocks @_noAllocation get { has(AUSCULT_MARK_SOUNDING) } }
  /// A sample was clipped, or not a finite number.
  @inlinable
  public var isClipped: Bool { @_noLocks @_noAllocation get { has(AUSCULT_MARK_CLIPPED) } }
  /// A sample came from a connected port, or from a file.
  @inlinable
  public var isConnected: Bool { @_noLocks @_noAllocation get { has(AUSCULT_MARK_CONNECTED) } }
  /// A sample was not stuck at a value that would sound.
  @inlinable
  public var isMoving: Bool { @_noLocks @_noAllocation get { has(AUSCULT_MARK_MOVING) } }
  /// Usable for learning: neither silent nor clipped.
  @inlinable
  public var isUsable: Bool { @_noLocks @_noAllocation get { isSounding && !isClipped } }

  /// The whole token is silence: by its share of silence, or, if no source has counted it, by its mark.
  @inlinable
  public var isWhollySilent: Bool {
    @_noLocks @_noAllocation get {
      let share = UInt32(rawValue) & AUSCULT_MARK_SILENCE
      return share == AUSCULT_MARK_SILENCE || (!isSounding && share == 0)
    }
  }

  @inlinable @inline(__always) @_noLocks @_noAllocation
  func has(_ mark: UInt32) -> Bool { UInt32(rawValue) & mark != 0 }
}

/// The parts of marks as bytes, for the host: it computes a token's marks from those of several tokens.
extension Marks {
  /// All bits except the share of silence.
  @inlinable
  public static var bits: UInt8 { @inline(__always) @_noLocks @_noAllocation get { 0x0f } }
  @inlinable
  public static var silence: UInt8 {
    @inline(__always) @_noLocks @_noAllocation get { UInt8(AUSCULT_MARK_SILENCE) }
  }
  @inlinable
  public static var silenceShift: UInt8 {
    @inline(__always) @_noLocks @_noAllocation get { UInt8(AUSCULT_SILENCE_SHIFT) }
  }
  /// It is not known whether it sounds. Connected and moving, so that no machine counts as deaf because of it.
  @inlinable
  public static var unknown: UInt8 {
    @inline(__always) @_noLocks @_noAllocation get { UInt8(AUSCULT_MARK_CONNECTED | AUSCULT_MARK_MOVING) }
  }

  /// The mark of a token that is computed from two: all their bits, and the smaller share of silence.
  @inlinable @inline(__always) @_noLocks @_noAllocation
  public static func merged(_ a: UInt8, _ b: UInt8) -> UInt8 { ((a | b) & bits) | min(a & silence, b & silence) }

  /// A format's `silent_share` as a mark. Thread: control.
  public static func share(_ format: auscult_format) -> UInt8 {
    let share = format.silent_share == 0 ? 15 : min(15, format.silent_share)
    return UInt8(share) << UInt8(AUSCULT_SILENCE_SHIFT)
  }
}
