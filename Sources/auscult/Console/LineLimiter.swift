import Synchronization

/// Keeps repeated lines from flooding the log: after a few of one kind in a short time it only counts further ones. Lines
/// of one source that differ in their numbers alone are of one kind, so that a flood of them hides no other. Any thread.
final class LineLimiter: Sendable {
  /// Lines of a kind that are printed in each interval.
  static let burst = 5
  static let interval = Duration.seconds(10)
  /// Kinds that are told apart; then a source's lines are one kind.
  private static let mostKinds = 500

  private struct Kind {
    var source: String
    var begin: ContinuousClock.Instant
    var count = 0
    var held = 0
    var last = ""
  }

  private let kinds = Mutex<[String: Kind]>([:])

  /// Whether to show a line of a source. A line that is not shown is counted for `takeHeld`.
  func allows(_ source: String, _ text: String, now: ContinuousClock.Instant = .now) -> Bool {
    kinds.withLock { kinds in
      let key = Self.key(source, text, in: &kinds, now: now)
      var state = kinds[key] ?? Kind(source: source, begin: now)
      defer { kinds[key] = state }
      if now - state.begin >= Self.interval, state.held == 0 { state = Kind(source: source, begin: now) }
      state.count += 1
      if state.count <= Self.burst { return true }
      state.held += 1
      state.last = text
      return false
    }
  }

  private static func key(
    _ source: String, _ text: String, in kinds: inout [String: Kind], now: ContinuousClock.Instant
  ) -> String {
    let letters = text.unicodeScalars.filter { !("0"..."9").contains($0) }
    let key = source + "\0" + String(String.UnicodeScalarView(letters))
    guard kinds[key] == nil, kinds.count >= mostKinds else { return key }
    kinds = kinds.filter { $0.value.held > 0 || now - $0.value.begin < interval }
    return kinds.count < mostKinds ? key : source
  }

  /// One line for each kind with lines that were held back: kinds whose interval has passed, or all.
  func takeHeld(all: Bool = false, now: ContinuousClock.Instant = .now) -> [(source: String, text: String)] {
    kinds.withLock { kinds in
      var lines: [(source: String, text: String)] = []
      for (key, state) in kinds.sorted(by: { $0.key < $1.key })
      where state.held > 0 && (all || now - state.begin >= Self.interval) {
        lines.append((state.source, state.held == 1 ? state.last : "\(state.held) more lines, the last: \(state.last)"))
        kinds[key] = Kind(source: state.source, begin: now, count: Self.burst)
      }
      return lines
    }
  }
}
