import CNodeABI
import CRealtime
import Glibc
import RealtimeCore
import Synchronization

/// A node that runs on workers. It takes blocks from its rings and pushes what it yields into the rings behind it; it
/// runs only when all of these have room, so that nothing is lost between workers. Which thread runs it, and when, has
/// no influence on what it yields.
final class WorkerNode: @unchecked Sendable {
  let step: UnsafeMutablePointer<Step>
  let name: String
  private let clock: UnsafePointer<auscult_clock>
  var inputs: [WorkerInput] = []
  /// New values that are put in force with the first tokens behind the exchange.
  var tuning: WorkerTuning?
  private let services: HostServices
  private let busy = Atomic<Bool>(false)
  /// It takes over from a node of the same name, which still has work to do.
  let isHeld = Atomic<Bool>(false)
  private let finished = Atomic<Bool>(false)
  private let ended = Atomic<Bool>(false)
  private let failed = Atomic<Bool>(false)
  /// Tokens of joined inputs that found no partner.
  let unmatched = Atomic<Int64>(0)
  private var lastComplete = Int64.min
  /// Its step is no more.
  private var isRetired = false

  /// Its inputs come with the schedule.
  init(step: UnsafeMutablePointer<Step>, clock: UnsafePointer<auscult_clock>, name: String, services: HostServices) {
    self.step = step
    self.clock = clock
    self.name = name
    self.services = services
  }

  /// END has been through. Set once everything before it was processed.
  var hasEnded: Bool { ended.load(ordering: .acquiring) }
  var hasFailed: Bool { failed.load(ordering: .relaxed) }
  /// It was removed by a swap, and has had all that was its own.
  var isFinished: Bool { finished.load(ordering: .acquiring) }

  /// Changes what the node reads from or pushes to, while no thread runs it. Thread: control.
  func modify(_ body: (WorkerNode) -> Void) {
    while busy.exchange(true, ordering: .acquiring) { usleep(20) }
    body(self)
    busy.store(false, ordering: .releasing)
  }

  /// Ends its part, once no thread is at it any more: one that has it from the list of before finds nothing to do. What
  /// its step consists of may go then. Thread: control.
  func retire() { modify { $0.isRetired = true } }

  /// What came of an attempt to run a node.
  enum Attempt {
    case ran
    /// There was nothing that it could do.
    case idle
    /// Another thread runs it.
    case busy
  }

  /// Runs the node if no other thread does.
  func tryRun() -> Attempt {
    guard !busy.exchange(true, ordering: .acquiring) else { return .busy }
    defer { busy.store(false, ordering: .releasing) }
    if isRetired { return .idle }
    var attempt = Attempt.idle
    // A few at a time, so that the other nodes get their turn.
    for _ in 0..<32 {
      guard hasRoom, takeFronts() else { break }
      attempt = .ran
    }
    return attempt
  }

  private var hasRoom: Bool {
    for index in 0..<step.pointee.crossingCount {
      let crossing = step.pointee.crossings[index].crossing
      if !crossing.pointee.isLossy && !crossing.pointee.ring.pointee.hasRoom(for: crossing.pointee.mostBytes) {
        return false
      }
    }
    return true
  }

  /// One run on what lies at the fronts of the rings; false: nothing new.
  private func takeFronts() -> Bool {
    if step.pointee.join != nil { return takeJoined() }
    var hasNews = false
    for index in inputs.indices {
      let front = inputs[index].front(mayBegin: mayBegin)
      inputs[index].hasFront = front != nil
      if let front {
        step.pointee.inputs[index] = UnsafePointer(front)
        hasNews = true
      } else if let idle = inputs[index].idle {
        idle.pointee.complete = inputs[index].complete
        idle.pointee.flags = inputs[index].isSpent ? AUSCULT_BLOCK_END : 0
        step.pointee.inputs[index] = UnsafePointer(idle)
      }
    }
    if !hasNews && inputs.allSatisfy(\.isOver) {
      finished.store(true, ordering: .releasing)
      return false
    }
    let complete = outputComplete(step, lookahead: 0)
    guard noteComplete(complete) || hasNews else { return false }
    // Without tokens only sinks care how far their inputs are complete.
    if hasNews || step.pointee.outputCount == 0 { run() } else { publishIdle() }
    noteEnds()
    for index in inputs.indices where inputs[index].hasFront { inputs[index].release() }
    return hasNews
  }

  /// True if the inputs are complete further than they were.
  func noteComplete(_ complete: Int64) -> Bool {
    guard complete > lastComplete else { return false }
    lastComplete = complete
    return true
  }

  func noteEnd() { ended.store(true, ordering: .releasing) }

  private func noteEnds() {
    for index in inputs.indices
    where inputs[index].hasFront && step.pointee.inputs[index]!.pointee.flags & AUSCULT_BLOCK_END != 0 {
      inputs[index].isSpent = true
    }
    if inputs.allSatisfy(\.isSpent) { noteEnd() }
  }

  func run() {
    tuneIfDue()
    if runStep(step, clock: clock) == .failed {
      failed.store(true, ordering: .relaxed)
      let reason = step.pointee.cycle.pointee.failure.map { String(cString: $0) } ?? "failed without saying why"
      services.log(.error, name, "\(reason); the node is quarantined, the graph runs on")
    }
    push()
  }

  private func push() {
    for index in 0..<step.pointee.crossingCount {
      let entry = step.pointee.crossings[index]
      let block = step.pointee.outputs[entry.output].block
      if entry.crossing.pointee.isLossy {
        _ = pushOrDrop(UnsafePointer(block), entry.crossing)
        continue
      }
      let ring = entry.crossing.pointee.ring
      if block.pointee.count > 0 || block.pointee.flags != 0 {
        let isPushed = ring.pointee.push(UnsafePointer(block))
        precondition(isPushed, "a ring had less room than it said")
      }
      ring.pointee.publish(complete: block.pointee.complete)
    }
  }

  private func tuneIfDue() {
    guard let due = tuning?.nextPosition else { return }
    for index in 0..<step.pointee.inputCount {
      guard let block = step.pointee.inputs[index]?.pointee else { continue }
      let isBehind = block.count > 0 ? block.end(of: Int(block.count) - 1) > due : block.complete > due
      if isBehind { return tuning!.take() }
    }
  }

  func publishIdle() {
    tuneIfDue()
    for index in 0..<step.pointee.crossingCount {
      let entry = step.pointee.crossings[index]
      let output = step.pointee.outputs[entry.output]
      let complete = outputComplete(step, lookahead: output.lookahead)
      noteProgress(step.pointee.outputs + entry.output, tokens: 0, complete: complete)
      if !entry.crossing.pointee.isDropping { entry.crossing.pointee.ring.pointee.publish(complete: complete) }
    }
  }

  private var mayBegin: Bool { !isHeld.load(ordering: .acquiring) }
}
