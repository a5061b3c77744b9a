/// Pauses between attempts to connect: 1 s, 2 s, 4 s ... 30 s.
struct Backoff {
  private static let bounds = Duration.seconds(1)...Duration.seconds(30)
  private var pause = bounds.lowerBound

  /// The next pause.
  mutating func next() -> Duration {
    defer { pause = min(pause * 2, Self.bounds.upperBound) }
    return pause
  }

  mutating func reset() { pause = Self.bounds.lowerBound }
}
