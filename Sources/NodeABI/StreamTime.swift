import CNodeABI

/// Positions of a stream's tokens in time: time.h for Swift.
///
/// Tokens are numbered from a head. An audio block has one head, for its first sample.
/// Thread: any. It keeps a pointer to the format, which must outlive it.
@frozen
public struct StreamTime {
  @usableFromInline let format: UnsafePointer<auscult_format>

  @inlinable @_noLocks @_noAllocation
  public init(_ format: UnsafePointer<auscult_format>) { self.format = format }

  /// Ticks at which a token begins.
  @inlinable @inline(__always) @_noLocks @_noAllocation
  public func beginTicks(_ head: UnsafePointer<auscult_head>, _ token: Int64 = 0) -> Int64 {
    auscult_begin_ticks(format, head, token)
  }

  /// Ticks at which it ends.
  @inlinable @inline(__always) @_noLocks @_noAllocation
  public func endTicks(_ head: UnsafePointer<auscult_head>, _ token: Int64 = 0) -> Int64 {
    auscult_end_ticks(format, head, token)
  }

  /// Driver frame position of its begin: rounded down, not before the stream, and not before the end of the last gap.
  @inlinable @inline(__always) @_noLocks @_noAllocation
  public func begin(_ head: UnsafePointer<auscult_head>, _ token: Int64 = 0) -> Int64 {
    auscult_begin_frame(format, head, token)
  }

  /// Driver frame position of its end: rounded up.
  @inlinable @inline(__always) @_noLocks @_noAllocation
  public func end(_ head: UnsafePointer<auscult_head>, _ token: Int64 = 0) -> Int64 {
    auscult_end_frame(format, head, token)
  }

  /// Driver frame position of ticks, rounded down: for a beginning.
  @inlinable @inline(__always) @_noLocks @_noAllocation
  public func frame(beginTicks ticks: Int64) -> Int64 { floorDivide(ticks, format.pointee.denominator) }

  /// Driver frame position of ticks, rounded up: for an end.
  @inlinable @inline(__always) @_noLocks @_noAllocation
  public func frame(endTicks ticks: Int64) -> Int64 { ceilDivide(ticks, format.pointee.denominator) }
}

extension auscult_block {
  /// Positions of its tokens.
  @inlinable
  public var time: StreamTime { @inline(__always) @_noLocks @_noAllocation get { StreamTime(format) } }
}

/// `number / per` rounded down, for `per` > 0.
@inlinable @inline(__always) @_noLocks @_noAllocation
public func floorDivide(_ number: Int64, _ per: Int64) -> Int64 { auscult_floor_divide(number, per) }

/// `number / per` rounded up, for `per` > 0.
@inlinable @inline(__always) @_noLocks @_noAllocation
public func ceilDivide(_ number: Int64, _ per: Int64) -> Int64 { auscult_ceil_divide(number, per) }

/// The largest number that divides both; 0 only if both are 0. Not for realtime code.
public func greatestCommonDivisor(_ a: Int64, _ b: Int64) -> Int64 {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, a % b) }
  return a
}
