import CRealtime
import Dispatch
import Glibc
import Synchronization
import SystemCalls

/// The worker threads of an engine: as many as `threads`. Each looks for a node with work; which thread finds it does
/// not affect the results.
///
/// The realtime thread makes no system call to wake them. Under a deadline they look every few milliseconds, rarely
/// enough to leave the realtime thread its processor.
final class WorkerPool: @unchecked Sendable {
  private let nodeList: Mutex<[WorkerStep]>
  private let condition = Condition()
  private let stopping = Atomic<Bool>(false)
  private let sleepers = Atomic<Int>(0)
  /// Number of threads wanted.
  private let threads: Int
  // Under the condition's lock: number of threads, and of those in a node that does not return.
  private var running = 0
  private var lost = 0
  /// Number of lost threads that ran nodes until idle.
  private let lostIdleRuns = Atomic<Int>(0)

  init(_ nodes: [WorkerStep], threads: Int) {
    nodeList = Mutex(nodes)
    self.threads = threads
    condition.lock()
    fill()
    condition.unlock()
  }

  /// Starts missing threads. Under the condition's lock.
  private func fill() {
    while running - lost < threads, !stopping.load(ordering: .acquiring) {
      let place = Double(running) / Double(threads)
      BackgroundThread.start("auscult-work-\(running)") { [self] in work(from: place - place.rounded(.down)) }
      running += 1
    }
  }

  /// Replaces a thread that is in a node for long, perhaps for ever. Thread: any.
  func lose(isOwn: Bool) {
    guard isOwn else {
      _ = lostIdleRuns.add(1, ordering: .sequentiallyConsistent)
      return
    }
    condition.lock()
    lost += 1
    fill()
    condition.broadcast()
    condition.unlock()
  }

  /// A lost thread has returned. The pool has one more thread from now on.
  func regain() {
    condition.lock()
    lost -= 1
    condition.unlock()
  }

  /// Replaces the nodes to run, in the order of the schedule. A thread may still be in one of the old nodes.
  func setNodes(_ nodes: [WorkerStep]) { nodeList.withLock { $0 = nodes } }

  private var nodes: [WorkerStep] { nodeList.withLock { $0 } }

  /// Ends the threads once each has finished its node. Does not wait for lost threads, or for any thread once `isOver`
  /// is true; nodes with such a thread lose their call. Thread: control.
  func stop(isOver: () -> Bool) {
    stopping.store(true, ordering: .releasing)
    condition.lock()
    condition.broadcast()
    while running - lost > 0, !isOver() { condition.wait(seconds: 0.02) }
    condition.unlock()
  }

  /// Wakes threads that found no work. Not for the realtime thread.
  func nudge() {
    if sleepers.load(ordering: .sequentiallyConsistent) == 0 { return }
    condition.lock()
    condition.broadcast()
    condition.unlock()
  }

  /// Waits for a condition that nodes bring about. A pool without threads runs the nodes on the calling thread.
  ///
  /// - Parameters:
  ///   - isDone: the condition.
  ///   - look: called now and then; false: stop waiting.
  func wait(until isDone: () -> Bool, look: () -> Bool) {
    nudge()
    while !isDone(), look() { advance() }
  }

  /// Lets nodes advance for a moment.
  func help() {
    nudge()
    advance()
  }

  /// Runs the nodes, or gives the workers a moment. Whoever waits here looks again instead of being woken: a wake-up for
  /// every block would cost more than the block.
  private func advance() {
    if threads == 0, runOnce() { return }
    Polling.pause(Self.moment)
  }

  private static let moment = Duration.microseconds(200)

  /// Runs every node once on the calling thread; true if any node advanced.
  func runOnce() -> Bool {
    let denormals = realtime_flush_denormals()
    defer { realtime_restore_denormals(denormals) }
    var hasRun = false
    for node in nodes where node.tryRun() == .ran { hasRun = true }
    return hasRun
  }

  /// Runs every node until none has work left. Only while nothing is pushed from outside: nodes are in the order of the
  /// schedule, so an idle node gets nothing more from the nodes before it.
  ///
  /// - Parameter look: called now and then; false: stop waiting.
  func runUntilIdle(_ look: () -> Bool) {
    // On another thread than the caller's, because a node may not return.
    while true {
      let lost = lostIdleRuns.load(ordering: .sequentiallyConsistent)
      let idleRun = IdleRun()
      defer { idleRun.isAbandoned.store(true, ordering: .relaxed) }
      HelperThread.run { [self] in if runUntilIdleHere(idleRun) { idleRun.isDone.signal() } }
      while idleRun.isDone.wait(timeout: .now() + .milliseconds(20)) != .success {
        guard look() else { return }
        if lostIdleRuns.load(ordering: .sequentiallyConsistent) != lost { break }
      }
      if lostIdleRuns.load(ordering: .sequentiallyConsistent) == lost { return }
    }
  }

  /// A thread that runs all nodes until they are idle, and the signal for its waiter.
  private final class IdleRun: Sendable {
    let isDone = DispatchSemaphore(value: 0)
    /// No thread waits for it any more. It ends after its current node.
    let isAbandoned = Atomic<Bool>(false)
  }

  /// - Returns: false when the thread is lost.
  private func runUntilIdleHere(_ idleRun: IdleRun) -> Bool {
    let denormals = realtime_flush_denormals()
    defer { realtime_restore_denormals(denormals) }
    while !stopping.load(ordering: .acquiring) {
      var isIdle = true
      for node in nodes {
        if idleRun.isAbandoned.load(ordering: .relaxed) { return true }
        switch node.tryRun(patience: NodeCalls.look) {
        case .ran: isIdle = false
        case .busy: isIdle = isIdle && node.isOverdue.load(ordering: .relaxed)
        case .idle: break
        case .lost: return false
        }
      }
      if isIdle { break }
    }
    return true
  }

  var hasEnded: Bool {
    nodes.allSatisfy { $0.hasEnded || $0.isFinished || $0.isOverdue.load(ordering: .relaxed) }
  }

  private func work(from place: Double) {
    // The same on every computing thread; see CRealtime.
    _ = realtime_flush_denormals()
    while !stopping.load(ordering: .acquiring) {
      var hasRun = false
      let nodes = nodes
      let start = Int(place * Double(nodes.count))
      for offset in nodes.indices {
        switch nodes[(start + offset) % nodes.count].tryRun(isPool: true) {
        case .ran: hasRun = true
        case .lost: return end(isLost: true)
        case .idle, .busy: break
        }
      }
      if !hasRun { sleep() }
    }
    end(isLost: false)
  }

  private func end(isLost: Bool) {
    condition.lock()
    running -= 1
    if isLost { lost -= 1 }
    condition.broadcast()
    condition.unlock()
  }

  /// Without a deadline whoever waits nudges: until then let tokens gather, so that a node takes many in one call.
  private func sleep() {
    let seconds = nodes.first?.hasNoDeadline == true ? 0.05 : 0.005
    condition.lock()
    sleepers.add(1, ordering: .sequentiallyConsistent)
    if !stopping.load(ordering: .acquiring) { condition.wait(seconds: seconds) }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    condition.unlock()
  }
}
