import CRealtime
import Foundation
import Synchronization

/// The worker threads of an engine: as many as there are processors, or nodes if these are fewer. Each looks for a node
/// that has something to do; which one finds it has no influence on the results.
///
/// The realtime thread makes no system call to wake them: under a deadline they look by themselves every few milliseconds,
/// seldom enough to leave the realtime thread its processor.
final class WorkerPool: @unchecked Sendable {
  private let nodes: [WorkerNode]
  private let condition = NSCondition()
  private let stopping = Atomic<Bool>(false)
  private let sleepers = Atomic<Int>(0)
  private var running = 0

  init(_ nodes: [WorkerNode], threads: Int) {
    self.nodes = nodes
    let count = min(threads, nodes.count)
    running = count
    for index in 0..<count {
      let thread = Thread { [self] in work(from: index * nodes.count / count) }
      thread.name = "auscult-work-\(index)"
      thread.start()
    }
  }

  /// Ends the threads once each has finished its node. Thread: control.
  func stop() {
    stopping.store(true, ordering: .releasing)
    condition.lock()
    condition.broadcast()
    while running > 0 { condition.wait() }
    condition.unlock()
  }

  /// Wakes the threads that found nothing to do. Not for the realtime thread.
  func nudge() {
    if sleepers.load(ordering: .sequentiallyConsistent) == 0 { return }
    condition.lock()
    condition.broadcast()
    condition.unlock()
  }

  /// Runs every node once on the calling thread; true if any got anywhere.
  func runOnce() -> Bool {
    let denormals = realtime_flush_denormals()
    defer { realtime_restore_denormals(denormals) }
    var progress = false
    for node in nodes where node.tryRun() { progress = true }
    return progress
  }

  /// Every node has nothing to do and nothing is under way. Only while nothing is pushed from outside. Nodes stand in
  /// the order of the schedule: one that is found idle gets nothing more from those before it.
  var isIdle: Bool { nodes.allSatisfy(\.isIdle) }

  var hasEnded: Bool { nodes.allSatisfy(\.hasEnded) }

  private func work(from start: Int) {
    // Alike on every thread that computes; see CRealtime.
    _ = realtime_flush_denormals()
    while !stopping.load(ordering: .acquiring) {
      var progress = false
      for offset in nodes.indices where nodes[(start + offset) % nodes.count].tryRun() { progress = true }
      if progress { nudge() } else { sleep() }
    }
    condition.lock()
    running -= 1
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
