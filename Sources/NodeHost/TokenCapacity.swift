import CNodeABI

extension auscult_format {
  /// The most tokens of this stream that `count` tokens of an input (audio: frames) can complete in one call, without a
  /// burst: at least 1 if `count` is positive, and at most 10^12. The periods and denominators of both are positive.
  package func mostTokens(from count: Int, of input: auscult_format) -> Int {
    mostTokens(frames: Double(count) * Double(input.period) / Double(input.denominator))
  }

  /// The most tokens of this stream that begin, or end, in a stretch of driver frames.
  package func mostTokens(frames: Double) -> Int {
    let tokens = frames * Double(denominator) / Double(period)
    // A whole quotient may come out slightly too large.
    return Int(min((tokens * (1 - 1e-12)).rounded(.up), 1e12))
  }
}
