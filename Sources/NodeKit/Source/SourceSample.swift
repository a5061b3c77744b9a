internal import CKernels
import CNodeABI

/// Cleans and marks samples before they enter a graph.
public enum SourceSample {
  /// The largest magnitude that leaves a source. Full scale is 1. The square of the sum of a million is finite.
  public static var limit: Float { @_noLocks @_noAllocation get { 1e9 } }

  /// Copies samples. Values that are not finite become 0; values beyond `limit` become +-`limit`.
  @_noLocks @_noAllocation
  public static func copy(_ from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>, count: Int) {
    kernel_clean(to, from, limit, count)
  }

  /// The levels from which a sample sounds and from which it is clipped.
  public struct Thresholds: Sendable {
    /// The marks of a connected port's samples.
    private let connected: kernel_marks

    /// Factors of full scale; nil: never silent, or never clipped by level.
    public init(soundingFrom: Float?, clippedFrom: Float?) {
      let pattern = { (level: Float) in Int32(bitPattern: level.bitPattern) }
      let most = pattern(limit)
      connected = kernel_marks(
        limit: most, sounding: soundingFrom.map { pattern(min($0, limit)) } ?? 0,
        clipped: clippedFrom.map { pattern(max(0, min($0, limit))) } ?? most + 1,
        always: UInt8(AUSCULT_MARK_MOVING | AUSCULT_MARK_CONNECTED), sound: UInt8(AUSCULT_MARK_SOUNDING),
        clip: UInt8(AUSCULT_MARK_CLIPPED))
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
      var rule = connected
      if !isConnected {
        rule.always = UInt8(AUSCULT_MARK_MOVING)
        rule.sound = 0
      }
      kernel_clean_and_mark(to, marks, from, &rule, count)
    }
  }
}
