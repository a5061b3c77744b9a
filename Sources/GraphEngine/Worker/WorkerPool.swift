import CRealtime
import Foundation
import Synchronization

/// The worker threads of an engine: as many as there are processors, or nodes if these are fewer. Each looks for a node
/// that has something to do; which one finds it has no influence on the results.
///
/// The realtime thread makes no system call to wake them: under a deadline they look by themselves every few milliseconds,
/// seldom enough to leave the realtime thread its processor.
final class WorkerPool: @unchecked Sendable {
  private let nodeList: Mutex<[WorkerStep]>
  private let condition = NSCondition()
  private let stopping = Atomic<Bool>(false)
  private let sleepers = Atomic<Int>(0)
  /// How often nodes have got on: who waits for that looks whether it has changed.
  private let progress = Atomic<Int>(0)
  /// Threads that there are to be.
  private let threads: Int
  // Under the condition's lock: threads that there are, and those of them that are in a node which does not come back.
  private var running = 0
  private var lost = 0
  /// Threads that ran nodes until idle, and were lost.
  private let lostIdleRuns = Atomic<Int>(0)

  init(_ nodes: [WorkerStep], threads: Int) {
    nodeList = Mutex(nodes)
    self.threads = threads
    condition.lock()
    fill()
    condition.unlock()
  }

  /// Starts the threads that are missing. Under the condition's lock.
  private func fill() {
    while running - lost < threads, !stopping.load(ordering: .acquiring) {
      let place = Double(running) / Double(threads)
      let thread = Thread { [self] in work(from: place - place.rounded(.down)) }
      thread.name = "auscult-work-\(running)"
      running += 1
      thread.start()
    }
  }

  /// A thread is in a node for long, and perhaps for ever: another one takes its place. Thread: any.
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

  /// One of its threads that was lost has come back. There is one more from now on.
  func regain() {
    condition.lock()
    lost -= 1
    condition.unlock()
  }

  /// Replaces the nodes that are run, in the order of the schedule. A thread may still be at one of those before.
  func setNodes(_ nodes: [WorkerStep]) { nodeList.withLock { $0 = nodes } }

  private var nodes: [WorkerStep] { nodeList.withLock { $0 } }

  /// Ends the threads once each has finished its node. Lost ones are not waited for, nor is any when `isOver` says so; nodes
  /// that have one lose their call. Thread: control.
  func stop(isOver: () -> Bool) {
    stopping.store(true, ordering: .releasing)
    condition.lock()
    condition.broadcast()
    while running - lost > 0, !isOver() { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.02)) }
    condition.unlock()
  }

  /// Wakes the threads that found nothing to do. Not for the realtime thread.
  func nudge() {
    if sleepers.load(ordering: .sequentiallyConsistent) == 0 { return }
    condition.lock()
    condition.broadcast()
    condition.unlock()
  }

  /// Waits until something holds that nodes bring about. Without threads of its own the pool runs them on the calling one.
  ///
  /// - Parameters:
  ///   - isDone: what is waited for.
  ///   - look: called now and then; false: it is not waited for any more.
  func wait(until isDone: () -> Bool, look: () -> Bool) {
    while true {
      let seen = progress.load(ordering: .sequentiallyConsistent)
      if isDone() || !look() { return }
      if threads == 0, runOnce() { continue }
      nudge()
      awaitProgress(after: seen)
    }
  }

  /// Lets nodes get on for a moment.
  func help() {
    let seen = progress.load(ordering: .sequentiallyConsistent)
    if threads == 0, runOnce() { return }
    nudge()
    awaitProgress(after: seen)
  }

  private func awaitProgress(after seen: Int) {
    condition.lock()
    sleepers.add(1, ordering: .sequentiallyConsistent)
    let limit = Date(timeIntervalSinceNow: 0.005)
    while progress.load(ordering: .sequentiallyConsistent) == seen, condition.wait(until: limit) {}
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    condition.unlock()
  }

  /// A node has got on: who waits for that is woken, and so are threads that found nothing to do. Not for the realtime
  /// thread.
  private func noteProgress() {
    progress.add(1, ordering: .sequentiallyConsistent)
    nudge()
  }

  /// Runs every node once on the calling thread; true if any got anywhere.
  private func runOnce() -> Bool {
    let denormals = realtime_flush_denormals()
    defer { realtime_restore_denormals(denormals) }
    var hasRun = false
    for node in nodes where node.tryRun() == .ran { hasRun = true }
    return hasRun
  }

  /// Runs every node until none has anything left that it could do. Only while nothing is pushed from outside: nodes
  /// stand in the order of the schedule, so that one that is found idle gets nothing more from those before it.
  ///
  /// - Parameter look: called now and then; false: it is not waited for any more.
  func runUntilIdle(_ look: () -> Bool) {
    // Another thread than the caller's: it may not come back.
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

  /// A thread that runs all nodes until they are idle, and whoever waits for it.
  private final class IdleRun: Sendable {
    let isDone = DispatchSemaphore(value: 0)
    /// Nobody waits for it any more: it ends after the node that it is in.
    let isAbandoned = Atomic<Bool>(false)
  }

  /// - Returns: false when the thread is lost.
  private func runUntilIdleHere(_ idleRun: IdleRun) -> Bool {
    let denormals = realtime_flush_denormals()
    defer { realtime_restore_denormals(denormals) }
    while !stopping.load(ordering: .acquiring) {
      var isIdle = true
      var hasRun = false
      for node in nodes {
        if idleRun.isAbandoned.load(ordering: .relaxed) { return true }
        switch node.tryRun(patience: NodeCalls.look) {
        case .ran: (hasRun, isIdle) = (true, false)
        case .busy: isIdle = isIdle && node.isOverdue.load(ordering: .relaxed)
        case .idle: break
        case .lost: return false
        }
      }
      if isIdle { break }
      if hasRun { noteProgress() }
    }
    return true
  }

  var hasEnded: Bool {
    nodes.allSatisfy { $0.hasEnded || $0.isFinished || $0.isOverdue.load(ordering: .relaxed) }
  }

  private func work(from place: Double) {
    // Alike on every thread that computes; see CRealtime.
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
      if hasRun { noteProgress() } else { sleep() }
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

  private func sleep() {
    condition.lock()
    sleepers.add(1, ordering: .sequentiallyConsistent)
    if !stopping.load(ordering: .acquiring) { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.005)) }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    condition.unlock()
  }
}
