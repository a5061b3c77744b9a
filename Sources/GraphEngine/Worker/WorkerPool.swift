import CRealtime
import Foundation
import Synchronization

/// The worker threads of an engine: as many as there are processors, or nodes if these are fewer. Each looks for a node
/// that has something to do; which one finds it has no influence on the results.
///
/// The realtime thread makes no system call to wake them: under a deadline they look by themselves every few milliseconds,
/// seldom enough to leave the realtime thread its processor.
final class WorkerPool: @unchecked Sendable {
  private let nodeList: Mutex<[WorkerNode]>
  private let condition = NSCondition()
  private let stopping = Atomic<Bool>(false)
  private let sleepers = Atomic<Int>(0)
  private var running = 0

  init(_ nodes: [WorkerNode], threads: Int) {
    nodeList = Mutex(nodes)
    running = threads
    for index in 0..<threads {
      let thread = Thread { [self] in work(from: Double(index) / Double(threads)) }
      thread.name = "auscult-work-\(index)"
      thread.start()
    }
  }

  /// Replaces the nodes that are run, in the order of the schedule. A thread may still be at one of those before.
  func setNodes(_ nodes: [WorkerNode]) { nodeList.withLock { $0 = nodes } }

  private var nodes: [WorkerNode] { nodeList.withLock { $0 } }

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
    for node in nodes where node.tryRun() == .ran { progress = true }
    return progress
  }

  /// Runs every node until none has anything left that it could do. Only while nothing is pushed from outside: nodes
  /// stand in the order of the schedule, so that one that is found idle gets nothing more from those before it.
  func settle() {
    let denormals = realtime_flush_denormals()
    defer { realtime_restore_denormals(denormals) }
    while true {
      let attempts = nodes.map { $0.tryRun() }
      if attempts.allSatisfy({ $0 == .idle }) { return }
      if !attempts.contains(.ran) { usleep(50) }
    }
  }

  var hasEnded: Bool { nodes.allSatisfy { $0.hasEnded || $0.isFinished } }

  private func work(from place: Double) {
    // Alike on every thread that computes; see CRealtime.
    _ = realtime_flush_denormals()
    while !stopping.load(ordering: .acquiring) {
      var progress = false
      let nodes = nodes
      let start = Int(place * Double(nodes.count))
      for offset in nodes.indices where nodes[(start + offset) % nodes.count].tryRun() == .ran { progress = true }
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
