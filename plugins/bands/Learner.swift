/// Collects the learning data of one channel, and says when it is enough.
///
/// It is enough after `least` tokens at the earliest, and once what they come to stands still; after `most` in any case.
struct Learner {
  /// More rows than these say nothing new: of a longer learning time every second, third ... is kept.
  private static let mostRows = 8192
  /// Looks are this share of `least` apart.
  private static let lookShare = 4

  private(set) var rows: [[Float]] = []
  /// Tokens that learning takes at least, and at most.
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

  /// Rows kept of so many tokens.
  static func rows(of tokens: Int) -> Int { min(tokens, mostRows) }

  var isFull: Bool { taken >= most }

  /// Takes one row; one with a value that is not finite is left out.
  ///
  /// - Returns: whether it is time to look at what the rows come to.
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
