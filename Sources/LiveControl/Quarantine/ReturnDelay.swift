/// When a quarantined node comes back: soon after its first failure, ever later while it keeps failing, and not at all
/// after too many failures. Its numbers are not those of `Restarts` in Sources/Isolation: a return is a swap, which
/// renews the nodes after it, too, and an instance that fails again does so in our own process.
struct ReturnDelay {
  private static let first = Duration.seconds(1)
  private static let longest = Duration.seconds(60)
  /// A node that ran as long has the first delay again.
  private static let goodLife = Duration.seconds(60)
  /// A node that fails so often within `span` stays out.
  private static let most = 5
  private static let span = Duration.seconds(600)

  /// Failures in all.
  private(set) var failures = 0
  private var recent: [ContinuousClock.Instant] = []
  /// Between the last failure and the next attempt.
  private(set) var delay = Duration.zero
  /// When it came back; nil: it is out, or has not failed before.
  private var back: ContinuousClock.Instant?

  /// - Returns: when it may come back; nil: it stays out.
  mutating func noteFailure(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    failures += 1
    recent = recent.filter { now - $0 < Self.span } + [now]
    let hasLivedLong = back.map { now - $0 >= Self.goodLife } ?? (failures == 1)
    back = nil
    delay = hasLivedLong ? Self.first : min(max(delay * 2, Self.first), Self.longest)
    return recent.count >= Self.most ? nil : now + delay
  }

  mutating func noteReturn(_ now: ContinuousClock.Instant) { back = now }

  /// "it failed 5 times within 10 min"
  static var tooOften: String { "it failed \(most) times within \(span.components.seconds / 60) min" }
}
