import Synchronization

/// Keeps one source from flooding the log: after a few lines in a short time it only counts further ones. Any thread.
final class LineLimiter: Sendable {
  /// Lines that a source may print in each interval.
  static let burst = 5
  static let interval = Duration.seconds(10)

  private struct Source {
    var begin: ContinuousClock.Instant
    var count = 0
    var held = 0
    var last = ""
  }

  private let sources = Mutex<[String: Source]>([:])

  /// Whether to show a line of a source. A line that is not shown is counted for `takeHeld`.
  func allows(_ source: String, _ text: String, now: ContinuousClock.Instant = .now) -> Bool {
    sources.withLock { sources in
      var state = sources[source] ?? Source(begin: now)
      defer { sources[source] = state }
      if now - state.begin >= Self.interval, state.held == 0 { state = Source(begin: now) }
      state.count += 1
      if state.count <= Self.burst { return true }
      state.held += 1
      state.last = text
      return false
    }
  }

  /// One line for each source with lines that were held back: sources whose interval has passed, or all.
  func takeHeld(all: Bool = false, now: ContinuousClock.Instant = .now) -> [(source: String, text: String)] {
    sources.withLock { sources in
      var lines: [(source: String, text: String)] = []
      for (source, state) in sources.sorted(by: { $0.key < $1.key })
      where state.held > 0 && (all || now - state.begin >= Self.interval) {
        lines.append((source, state.held == 1 ? state.last : "\(state.held) more lines, the last: \(state.last)"))
        sources[source] = Source(begin: now, count: Self.burst)
      }
      return lines
    }
  }
}
