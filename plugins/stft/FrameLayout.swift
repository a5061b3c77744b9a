import NodeKit

/// Where analysis frames lie on the samples: lengths, hop and padding, all in samples of the input's rate.
///
/// Column t covers the samples [t * hop - before, t * hop - before + length).
struct FrameLayout: Equatable {
  /// Samples under the window.
  let length: Int
  /// Points of the transform; those outside the window are zero, half before it, half after it.
  let fft: Int
  let hop: Int
  /// Zeros before the first sample of a stretch (centred columns), else 0.
  let before: Int
  /// Zeros after the last sample at the end of a file (centred columns), else 0.
  let after: Int

  var bins: Int { fft / 2 + 1 }
  /// Where the window begins in the transform's input.
  var lead: Int { (fft - length) / 2 }
  /// The most columns that the zeros after the end can complete.
  var burst: Int { (after + hop - 1) / hop }
  /// Samples from a sample's arrival until the column that is centred on it, or begins with it, is complete.
  var latency: Int { length - before }

  init(length: Int, fft: Int, hop: Int, isCentered: Bool) {
    self.length = length
    self.fft = fft
    self.hop = hop
    before = isCentered ? fft / 2 - (fft - length) / 2 : 0
    after = isCentered ? length - before : 0
  }

  /// Longest window and transform.
  static let longest = 1 << 21

  /// Whether the realtime thread may run a transform of this length: an even product of 2, 3, 5, 7 and at most one 11
  /// or 13, the best lengths by FFTW's manual. With other lengths `execute` sometimes allocated memory; with FFTW
  /// 3.3.10 none of these lengths up to `longest` did.
  static func isRealtimeLength(_ fft: Int) -> Bool {
    guard fft >= 2, fft <= longest, fft % 2 == 0 else { return false }
    var rest = fft
    for factor in [2, 3, 5, 7] { while rest % factor == 0 { rest /= factor } }
    return [1, 11, 13].contains(rest)
  }

  /// The least such length at or above `length`, which is at most `longest`.
  static func realtimeLength(from length: Int) -> Int {
    var fft = max(2, length)
    while !isRealtimeLength(fft) { fft += 1 }
    return fft
  }
}
