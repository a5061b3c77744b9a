import Synchronization

/// Keeps one talker from flooding the log: after a few lines in a short time it passes on only how many more there
/// were. Any thread.
final class LineLimiter: Sendable {
  /// Lines that a talker has free in each interval.
  static let burst = 5
  static let interval = Duration.seconds(10)

  private struct Talker {
    var begin: ContinuousClock.Instant
    var count = 0
    var held = 0
    var last = ""
  }

  private let talkers = Mutex<[String: Talker]>([:])

  /// Whether a line of a talker is to be shown. One that is not is counted, for `takeHeld`.
  func allows(_ talker: String, _ text: String, now: ContinuousClock.Instant = .now) -> Bool {
    talkers.withLock { talkers in
      var state = talkers[talker] ?? Talker(begin: now)
      defer { talkers[talker] = state }
      if now - state.begin >= Self.interval, state.held == 0 { state = Talker(begin: now) }
      state.count += 1
      if state.count <= Self.burst { return true }
      state.held += 1
      state.last = text
      return false
    }
  }

  /// What was held back, for talkers whose interval has passed, or for all: one line each.
  func takeHeld(all: Bool = false, now: ContinuousClock.Instant = .now) -> [(talker: String, text: String)] {
    talkers.withLock { talkers in
      var lines: [(talker: String, text: String)] = []
      for (talker, state) in talkers.sorted(by: { $0.key < $1.key })
      where state.held > 0 && (all || now - state.begin >= Self.interval) {
        lines.append((talker, state.held == 1 ? state.last : "\(state.held) more such lines, the last: \(state.last)"))
        talkers[talker] = Talker(begin: now, count: Self.burst)
      }
      return lines
    }
  }
}
