/// Collects the learning data of one channel.
struct Learner {
  /// More rows than these say nothing new: of a longer learning time every second, third ... is kept.
  private static let mostRows = 8192

  private(set) var rows: [[Float]] = []
  /// Tokens that learning takes, and those taken so far.
  let wanted: Int
  private var taken = 0

  init(tokens: Int) { wanted = max(tokens, 8) }

  var isDone: Bool { taken >= wanted }

  /// Takes one row; one with a value that is not finite is left out.
  mutating func take(_ row: UnsafeBufferPointer<Float>) {
    guard !isDone, row.allSatisfy({ $0.isFinite }) else { return }
    let step = (wanted + Self.mostRows - 1) / Self.mostRows
    if taken % step == 0 { rows.append(Array(row)) }
    taken += 1
  }
}
