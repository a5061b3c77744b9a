import CNodeABI
import CRealtime
import Glibc
import RealtimeCore
import Synchronization

/// A node that runs on workers. It takes blocks from its rings and pushes what it yields into the rings behind it; it
/// runs only when all of these have room, so that nothing is lost between workers. Which thread runs it, and when, has
/// no influence on what it yields.
final class WorkerStep: @unchecked Sendable {
  let step: UnsafeMutablePointer<Step>
  let name: String
  /// What it runs in, while it is active.
  weak var schedule: Schedule?
  private let clock: UnsafePointer<auscult_clock>
  var inputs: [WorkerInput] = []
  /// New values that are put in force with the first tokens behind the exchange.
  var tuning: WorkerTuning?
  private let services: HostServices
  private let stalls: StallWatch
  /// Whoever has it runs the node, or changes it.
  private let turn = Turn()
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
  /// It came with the change that is under way.
  let isNew = Atomic<Bool>(false)
  /// It has not come back from a call, but may: what comes for it meanwhile is dropped.
  let isOverdue = Atomic<Bool>(false)
  /// Another thread of the pool does what the one would do that is in it.
  let hasSubstitute = Atomic<Bool>(false)
  /// The thread that runs it, or did last, is one of the pool's.
  let isRunByPool = Atomic<Bool>(false)
  private let taken = Atomic<Bool>(false)
  /// What stands in for it, once its call was taken away.
  var absence: WorkerAbsence?

  /// Its inputs come with the schedule.
  init(
    step: UnsafeMutablePointer<Step>, clock: UnsafePointer<auscult_clock>, name: String, services: HostServices,
    stalls: StallWatch
  ) {
    self.step = step
    self.clock = clock
    self.name = name
    self.services = services
    self.stalls = stalls
  }

  /// END has been through. Set once everything before it was processed.
  var hasEnded: Bool { ended.load(ordering: .acquiring) }
  var hasFailed: Bool { failed.load(ordering: .relaxed) }
  /// It was removed by a swap, and has had all that was its own. On the way back it begins again.
  var isFinished: Bool { finished.load(ordering: .acquiring) }

  /// Its call was taken away: a thread of ours is in the plugin, and may be for ever.
  var isTaken: Bool { taken.load(ordering: .acquiring) }
  var call: UnsafeMutablePointer<WorkerCall> { step.pointee.call! }
  /// Nothing waits for what it yields.
  var isSink: Bool { step.pointee.outputCount == 0 }

  /// Changes what the node reads from or pushes to, while no thread runs it. A call that does not come back in time is
  /// taken away. Thread: control.
  func modify(_ body: (WorkerStep) -> Void) {
    var seen: (call: Int, since: Int64)?
    while !turn.take(seconds: NodeCalls.look) {
      guard let number = call.pointee.current else { continue }
      let now = realtime_nanoseconds()
      if seen?.call != number { seen = (number, now) }
      let isLate = now - seen!.since > Int64(Self.patience * 1e9)
      // The one who has it returns without it.
      if isLate || services.calls.isOver { _ = takeAway(number) }
    }
    body(self)
    turn.giveBack()
  }

  /// Seconds that a change waits for one call of a node.
  private static let patience = 4.0

  /// Takes a call away from the thread that does not come back with it; from now on the node is passed over.
  ///
  /// - Returns: false when it has come back.
  func takeAway(_ number: Int) -> Bool {
    guard call.pointee.takeAway(number) else { return false }
    // What that thread held is ours.
    failed.store(true, ordering: .relaxed)
    step.pointee.state.hasFailed = true
    for index in 0..<step.pointee.outputCount {
      step.pointee.outputs[index].progress?.pointee.hasFailed.store(true, ordering: .relaxed)
    }
    absence = WorkerAbsence(step)
    for index in inputs.indices { inputs[index].pass() }
    taken.store(true, ordering: .releasing)
    if let schedule { AbandonedObjects.keep(schedule) }
    AbandonedObjects.keep(self)
    // Before another thread may run it, which writes down whose it is.
    stalls.tookAway(self)
    turn.giveBack()
    return true
  }

  /// Ends its part, once no thread is at it any more: one that has it from the list of before finds nothing to do. What
  /// its step consists of may go then. Thread: control.
  func retire() { modify { $0.isRetired = true } }

  /// Quarantines a node that can't go on, before it runs again. Thread: control.
  func fail() {
    modify { worker in
      worker.step.pointee.state.hasFailed = true
      worker.failed.store(true, ordering: .relaxed)
    }
  }

  /// What came of an attempt to run a node.
  enum Attempt {
    case ran
    /// There was nothing that it could do.
    case idle
    /// Another thread runs it.
    case busy
    /// The call was taken away: this thread has nothing to do any more.
    case lost
  }

  /// Runs the node if no other thread does.
  ///
  /// - Parameters:
  ///   - isPool: whether the calling thread is one of the pool's.
  ///   - patience: seconds that another thread which has the node is waited for.
  func tryRun(isPool: Bool = false, patience: Double = 0) -> Attempt {
    guard patience > 0 ? turn.take(seconds: patience) : turn.tryTake() else { return .busy }
    isRunByPool.store(isPool, ordering: .relaxed)
    var result = Attempt.idle
    // A few at a time, so that the other nodes get their turn.
    for _ in 0..<32 {
      guard !isRetired, hasRoom else { break }
      let attempt = absence == nil ? takeFronts() : passOver()
      if attempt == .lost { return .lost }
      guard attempt == .ran else { break }
      result = .ran
      if turn.isAwaited { break }
    }
    turn.giveBack()
    return result
  }

  private var hasRoom: Bool {
    for index in 0..<step.pointee.linkCount {
      let producer = step.pointee.links[index].producer
      let ring = producer.pointee.ring
      if !producer.pointee.isLossy && !ring.pointee.isOverdue && !ring.pointee.hasRoom(for: producer.pointee.mostBytes)
      {
        return false
      }
    }
    return true
  }

  /// One run on what lies at the fronts of the rings.
  private func takeFronts() -> Attempt {
    if step.pointee.join != nil { return takeJoined() }
    var hasNews = false
    for index in inputs.indices {
      let front = inputs[index].front(mayBegin: mayBegin)
      inputs[index].hasFront = front != nil
      if let front {
        step.pointee.sources[index] = UnsafePointer(front)
        hasNews = true
      } else if let idle = inputs[index].idle {
        idle.pointee.complete = inputs[index].complete
        idle.pointee.flags = inputs[index].isSpent ? AUSCULT_BLOCK_END : 0
        step.pointee.sources[index] = UnsafePointer(idle)
      }
    }
    let isOver = !hasNews && inputs.allSatisfy(\.isOver)
    if isOver != isFinished { finished.store(isOver, ordering: .releasing) }
    if isOver { return .idle }
    let complete = step.pointee.complete(lookahead: 0)
    guard noteComplete(complete) || hasNews else { return .idle }
    guard hasNews || looksOn ? run() : publishIdle() else { return .lost }
    noteEnds()
    for index in inputs.indices where inputs[index].hasFront { inputs[index].release() }
    return hasNews || (looksOn && hasYielded) ? .ran : .idle
  }

  /// It cares how far its inputs are complete, also without tokens: sinks do, and who waits for what does not come.
  var looksOn: Bool { step.pointee.outputCount == 0 || step.pointee.isWatchful }

  private var hasYielded: Bool {
    (0..<step.pointee.outputCount).contains { step.pointee.outputs[$0].block.count > 0 }
  }

  func noteFinished() { finished.store(true, ordering: .releasing) }

  /// True if the inputs are complete further than they were.
  func noteComplete(_ complete: Int64) -> Bool {
    guard complete > lastComplete else { return false }
    lastComplete = complete
    return true
  }

  func noteEnd() { ended.store(true, ordering: .releasing) }

  private func noteEnds() {
    for index in inputs.indices
    where inputs[index].hasFront && step.pointee.sources[index]!.pointee.flags & AUSCULT_BLOCK_END != 0 {
      inputs[index].isSpent = true
    }
    if inputs.allSatisfy(\.isSpent) { noteEnd() }
  }

  /// - Returns: false when the call was taken away.
  func run() -> Bool {
    guard tuneIfDue() else { return false }
    UnsafeMutablePointer(mutating: clock).pointee.flags =
      services.hasNoDeadline.load(ordering: .relaxed) ? AUSCULT_CLOCK_NO_DEADLINE : 0
    switch runStep(step, clock: clock) {
    case .takenAway: return false
    case .failed:
      failed.store(true, ordering: .relaxed)
      let reason = step.pointee.cycle.pointee.failure.map { String(cString: $0) } ?? "failed without saying why"
      services.log(.error, name, "\(reason); the node is quarantined, the graph runs on")
    case .ran, .skipped: break
    }
    push()
    return true
  }

  private func push() {
    for index in 0..<step.pointee.linkCount {
      let entry = step.pointee.links[index]
      push(step.pointee.outputs[entry.output].block, entry.producer)
    }
  }

  func push(_ block: Block, _ producer: UnsafeMutablePointer<LinkProducer>) {
    let ring = producer.pointee.ring
    if producer.pointee.isLossy || ring.pointee.isOverdue || producer.pointee.drop.isGoingOn {
      _ = producer.pointee.push(block)
      return
    }
    if block.count > 0 || block.flags != 0 {
      let isPushed = ring.pointee.push(block.pointer)
      precondition(isPushed, "a ring had less room than it said")
    }
    ring.pointee.publish(complete: block.complete)
  }

  /// - Returns: false when the call was taken away.
  private func tuneIfDue() -> Bool {
    guard let due = tuning?.nextPosition else { return true }
    for index in 0..<step.pointee.inputCount {
      guard let block = step.pointee.sources[index]?.pointee else { continue }
      let isBehind = block.count > 0 ? block.end(of: Int(block.count) - 1) > due : block.complete > due
      guard isBehind else { continue }
      let call = call
      let number = call.pointee.enter()
      tuning!.take()
      guard call.pointee.leave(number) else { return false }
      tuning!.pass()
      return true
    }
    return true
  }

  /// - Returns: false when the call was taken away.
  func publishIdle() -> Bool {
    guard tuneIfDue() else { return false }
    for index in 0..<step.pointee.linkCount {
      let entry = step.pointee.links[index]
      let output = step.pointee.outputs[entry.output]
      let complete = step.pointee.complete(lookahead: output.lookahead)
      step.pointee.outputs[entry.output].noteProgress(tokens: 0, complete: complete)
      if !entry.producer.pointee.drop.isGoingOn { entry.producer.pointee.ring.pointee.publish(complete: complete) }
    }
    return true
  }

  private var mayBegin: Bool { !isHeld.load(ordering: .acquiring) }
}
