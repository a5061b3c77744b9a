import CNodeABI

/// Cleans and marks samples before they enter a graph. Works on the bit patterns of non-negative floats, which have the
/// order of the numbers: whole vectors, without branches.
public enum SourceSample {
  /// The largest magnitude that leaves a source. Full scale is 1. The square of the sum of a million is finite.
  public static let limit: Float = 1e9

  private static let magnitudeMask: Int32 = 0x7fff_ffff
  private static let infinity: Int32 = 0x7f80_0000
  private static let limitBits: Int32 = 0x4e6e_6b28  // the pattern of 1e9

  /// Copies samples. Values that are not finite become 0; values beyond `limit` become +-`limit`.
  @_noLocks @_noAllocation
  public static func copy(_ from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>, count: Int) {
    for index in 0..<count {
      let bits = Int32(bitPattern: from[index].bitPattern)
      to[index] = Float(bitPattern: UInt32(bitPattern: clean(bits)))
    }
  }

  @inline(__always) @_noLocks @_noAllocation
  fileprivate static func clean(_ bits: Int32) -> Int32 {
    let magnitude = bits & magnitudeMask
    let bounded = magnitude > limitBits ? (bits & ~magnitudeMask) | limitBits : bits
    return magnitude >= infinity ? 0 : bounded
  }

  /// The levels from which a sample sounds and from which it is clipped.
  public struct Thresholds: Sendable {
    private let sounding: Int32
    private let clipped: Int32

    /// Factors of full scale; nil: never silent, or never clipped by level.
    public init(soundingFrom: Float?, clippedFrom: Float?) {
      sounding = soundingFrom.map { Int32(bitPattern: min($0, limit).bitPattern) } ?? 0
      clipped = clippedFrom.map { Int32(bitPattern: max(0, min($0, limit)).bitPattern) } ?? limitBits + 1
    }

    /// Copies as `SourceSample.copy` does, and writes one mark per sample: AUSCULT_MARK_SOUNDING if |x| >=
    /// `soundingFrom` (for the copied value: a non-finite sample is silent), AUSCULT_MARK_CLIPPED if |x| >=
    /// `clippedFrom` or the sample had to be changed, AUSCULT_MARK_MOVING always, AUSCULT_MARK_CONNECTED if the port is
    /// connected. Samples of an unconnected port never sound.
    @_noLocks @_noAllocation
    public func copy(
      _ from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>, marks: UnsafeMutablePointer<UInt8>, count: Int,
      isConnected: Bool
    ) {
      let all = Int32(AUSCULT_MARK_MOVING) | (isConnected ? Int32(AUSCULT_MARK_CONNECTED) : 0)
      let sound = isConnected ? Int32(AUSCULT_MARK_SOUNDING) : 0
      for index in 0..<count {
        let bits = Int32(bitPattern: from[index].bitPattern)
        let out = clean(bits)
        to[index] = Float(bitPattern: UInt32(bitPattern: out))
        let isSounding: Int32 = out & magnitudeMask >= sounding ? sound : 0
        let isClipped: Int32 = bits & magnitudeMask >= clipped ? Int32(AUSCULT_MARK_CLIPPED) : 0
        marks[index] = UInt8(truncatingIfNeeded: all | isSounding | isClipped)
      }
    }
  }
}
