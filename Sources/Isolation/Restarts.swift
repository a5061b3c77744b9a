import CRealtime

/// When the next process of a node starts: soon after the first end, ever later while it keeps ending. It is sooner
/// than a return from quarantine (`ReturnDelay` in Sources/LiveControl), and goes on: a new process disturbs no other
/// node.
struct Restarts {
  private static let first = 0.1
  private static let longest = 30.0
  /// A process that lived as long has the first delay again.
  private static let goodLife = 10.0
  /// Without a deadline, a node that ends so often without one good call in between is given up.
  private static let most = 5

  /// Processes that have ended.
  var count = 0
  private var delay = 0.0
  private var next: Int64 = 0
  private var began = realtime_nanoseconds()
  private var endsInARow = 0
  var lastEnd = ProcessEnd(cause: .dismissed)
  /// Another thread starts the next process.
  var isStarting = false
  /// The node is being destroyed.
  var isOver = false

  mutating func noteStart() { began = realtime_nanoseconds() }
  mutating func noteGoodCall() { endsInARow = 0 }

  mutating func noteEnd(_ end: ProcessEnd) {
    let now = realtime_nanoseconds()
    let hasLivedLong = Double(now - began) / 1e9 >= Self.goodLife
    delay = delay == 0 || hasLivedLong ? Self.first : min(2 * delay, Self.longest)
    next = now + Int64(delay * 1e9)
    began = now
    lastEnd = end
    count += 1
    endsInARow += 1
  }

  var isDue: Bool { realtime_nanoseconds() >= next }
  var seconds: Double { delay }
  var endsAlways: Bool { endsInARow >= Self.most }
}
