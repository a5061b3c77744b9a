/// Collects the learning data of one channel, and decides when it is enough.
///
/// It is enough after `least` tokens when the learned values have settled, and after `most` tokens in any case.
struct Learner {
  /// More rows add no information: of a longer learning time only every second, third ... row is kept.
  private static let mostRows = 8192
  /// Interval between looks, as a share of `least`.
  private static let lookShare = 4

  private(set) var rows: [[Float]] = []
  /// Least and most tokens to learn from.
  let least: Int
  let most: Int
  /// Tokens taken so far.
  private(set) var taken = 0
  private var nextLook: Int

  init(least: Int, most: Int) {
    self.least = max(least, 8)
    self.most = max(most, self.least)
    nextLook = self.least
  }

  /// Rows kept of the given number of tokens.
  static func rows(of tokens: Int) -> Int { min(tokens, mostRows) }

  var isFull: Bool { taken >= most }

  /// Takes one row; skips a row with a value that is not finite.
  ///
  /// - Returns: whether it is time to look at the learned values.
  mutating func take(_ row: UnsafeBufferPointer<Float>) -> Bool {
    guard !isFull, row.allSatisfy({ $0.isFinite }) else { return false }
    let step = (most + Self.mostRows - 1) / Self.mostRows
    if taken % step == 0 { rows.append(Array(row)) }
    taken += 1
    guard taken >= nextLook || isFull else { return false }
    nextLook = taken + max(1, least / Self.lookShare)
    return true
  }
}
