import Glibc
import NodeKit
import Records
import SystemCalls

/// Events that wait for their program, and the thread that runs the programs one after the other.
final class CommandQueue: @unchecked Sendable {
  /// The most events that wait. Beyond it, the oldest one is skipped.
  private static let most = 1000
  /// Seconds after the end of the run in which the last programs must be done.
  private static let patience = 10.0

  private let command: [String]
  private let every: Double
  private let timeout: Double
  private let host: Host
  private let outages: Outages?

  private struct Waiting {
    var event: CommandEvent
    /// Events before it that got no program.
    var skipped = 0
  }

  private let condition = Condition()
  // Under the lock.
  private var waiting: [Waiting] = []
  private var isEnding = false
  private var isOver = true
  private var isRunning = false
  /// The next program may start then.
  private var earliest = ContinuousClock.now

  // Of the thread.
  private var trouble: String?
  /// After the end of the run, no program starts later.
  private var last: ContinuousClock.Instant?

  init(_ command: [String], every: Double, timeout: Double, host: Host) {
    self.command = command
    self.every = every
    self.timeout = timeout
    self.host = host
    outages = Outages(host)
  }

  /// Thread: control.
  func begin() throws {
    (waiting, isEnding, isOver, trouble, last) = ([], false, false, nil, nil)
    guard BackgroundThread.start("auscult-command", { [self] in run() }) else {
      isOver = true
      throw NodeError("the system has no room for another thread, which runs \(command[0])")
    }
  }

  /// Thread: worker. Waits for nothing.
  func add(_ records: [Record]) {
    guard !records.isEmpty else { return }
    condition.lock()
    for record in records { add(CommandEvent(record)) }
    condition.broadcast()
    condition.unlock()
  }

  private func add(_ event: CommandEvent) {
    var new = Waiting(event: event)
    if every > 0 {
      // The first event starts a program at once; of those after it, the latest one waits.
      let most = isRunning || ContinuousClock.now < earliest ? 1 : 2
      if waiting.count >= most { new.skipped = waiting.removeLast().skipped + 1 }
    } else if waiting.count >= Self.most {
      // Unlike with `every`, nobody has asked for that.
      let first = waiting.removeFirst()
      waiting[0].skipped += first.skipped + 1
      outages?.lost(1, begin: first.event.span.begin, end: first.event.span.end)
    }
    waiting.append(new)
  }

  /// A run without a deadline waits for the programs, however fast it reads its files. Thread: worker.
  func pass(isPatient: Bool, hasEnded: Bool) {
    guard isPatient, every == 0 else { return }
    condition.lock()
    defer { condition.unlock() }
    while !isOver, waiting.count > (hasEnded ? 0 : 16) || hasEnded && isRunning { condition.wait(seconds: 1) }
  }

  /// Runs the programs that still wait at once, for a limited time. Thread: control.
  func end() {
    condition.lock()
    isEnding = true
    condition.broadcast()
    let deadline = Condition.Deadline(in: Self.patience + timeout + CommandRun.grace)
    while !isOver, condition.wait(until: deadline) {}
    let left = waiting.count
    condition.unlock()
    if left > 0 { host.log(.error, "the run ended before \(command[0]) was run for \(left) more events") }
  }

  // MARK: The thread

  private func run() {
    condition.lock()
    while let next = next() {
      isRunning = true
      earliest = .now + .seconds(every)
      condition.unlock()
      report(CommandRun(command, next.event, skipped: next.skipped, timeout: timeout).run())
      condition.lock()
      isRunning = false
      condition.broadcast()
    }
    isOver = true
    condition.broadcast()
    condition.unlock()
  }

  /// The next event, when its program may start; nil: the run has ended. Called with the lock.
  private func next() -> Waiting? {
    while !isEnding {
      let pause = ContinuousClock.now.duration(to: earliest)
      if waiting.isEmpty {
        condition.wait(seconds: 60)
      } else if pause > .zero {
        condition.wait(seconds: Double(pause.components.seconds) + 0.001 + Double(pause.components.attoseconds) * 1e-18)
      } else {
        return waiting.removeFirst()
      }
    }
    if last == nil { last = .now + .seconds(Self.patience) }
    guard let last, ContinuousClock.now < last, !waiting.isEmpty else { return nil }
    return waiting.removeFirst()
  }

  /// Each reason is reported when it begins; `status` shows it until a program succeeds.
  private func report(_ problem: String?) {
    guard problem != trouble else { return }
    if let problem {
      host.log(.warning, "\(problem). The next event runs it again; everything else runs on")
    } else {
      host.log(.warning, "\(command[0]) works again")
    }
    trouble = problem
    outages?.say(problem)
  }
}
