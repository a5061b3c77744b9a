import CNodeABI

/// What the source says of the samples that a token was computed from: AUSCULT_MARK_*, one byte a channel and token.
///
/// Thread: any.
@frozen
public struct Marks: RawRepresentable, Sendable, Equatable {
  public let rawValue: UInt8

  @inlinable @_noLocks @_noAllocation
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// What a stream without marks reads as: sounding, connected and moving, not clipped.
  @inlinable
  public static var unmarked: Marks {
    @_noLocks @_noAllocation get {
      Marks(rawValue: UInt8(AUSCULT_MARK_SOUNDING | AUSCULT_MARK_CONNECTED | AUSCULT_MARK_MOVING))
    }
  }

  /// Not silent.
  @inlinable
  public var isSounding: Bool { @_noLocks @_noAllocation get { has(AUSCULT_MARK_SOUNDING) } }
  /// Some sample was clipped, or not a finite number.
  @inlinable
  public var isClipped: Bool { @_noLocks @_noAllocation get { has(AUSCULT_MARK_CLIPPED) } }
  /// Some sample came from a connected port, or from a file.
  @inlinable
  public var isConnected: Bool { @_noLocks @_noAllocation get { has(AUSCULT_MARK_CONNECTED) } }
  /// Some sample was not stuck at a value that would sound.
  @inlinable
  public var isMoving: Bool { @_noLocks @_noAllocation get { has(AUSCULT_MARK_MOVING) } }
  /// Fit to learn from: neither silent nor clipped.
  @inlinable
  public var isUsable: Bool { @_noLocks @_noAllocation get { isSounding && !isClipped } }

  /// All of it is silence: the share says so, or, where no source has counted it, the mark.
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
