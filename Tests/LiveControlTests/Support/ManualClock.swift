import Synchronization

/// A clock that moves only when a test moves it.
final class ManualClock: Sendable {
  private let instant = Mutex(ContinuousClock.now)

  var now: ContinuousClock.Instant { instant.withLock { $0 } }

  func advance(_ time: Duration) { instant.withLock { $0 += time } }
}

/// The same, in nanoseconds.
final class ManualNanoseconds: Sendable {
  private let time = Atomic<Int64>(1_000_000_000)

  var now: Int64 { time.load(ordering: .relaxed) }

  func advance(milliseconds: Int64) { time.add(milliseconds * 1_000_000, ordering: .relaxed) }
}
