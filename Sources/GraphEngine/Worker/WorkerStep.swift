import CNodeABI
import CRealtime
import Glibc
import RealtimeCore
import Synchronization

/// A node that runs on workers. It takes blocks from its rings and pushes its output into the rings after it. It runs
/// only when all of these have room, so that nothing is lost between workers. Which thread runs it, and when, does not
/// affect its output.
final class WorkerStep: @unchecked Sendable {
  let step: UnsafeMutablePointer<Step>
  let name: String
  /// The schedule that it runs in, while it is active.
  weak var schedule: Schedule?
  private let clock: UnsafePointer<auscult_clock>
  var inputs: [WorkerInput] = []
  /// For a node that judges several tokens at a time.
  private let waiting: WaitingTokens?
  /// New values, which take effect with the first tokens after the exchange.
  var tuning: WorkerTuning?
  private let services: HostServices
  private let stalls: StallWatch
  /// A thread must have it to run or change the node.
  private let turn = Turn()
  /// Waits for an old node of the same name, which still has work to do.
  let isHeld = Atomic<Bool>(false)
  /// A sink that another engine uses until the turn of this one comes: its tokens wait.
  let isShut = Atomic<Bool>(false)
  private let finished = Atomic<Bool>(false)
  private let ended = Atomic<Bool>(false)
  private let failed = Atomic<Bool>(false)
  /// Tokens of joined inputs without a partner.
  let unmatched = Atomic<Int64>(0)
  private var lastComplete = Int64.min
  /// Frame position through which its inputs were complete before the last call; of a failed node, before the call that
  /// failed.
  private(set) var heardBefore: Int64 = 0
  /// The step no longer exists.
  private var isRetired = false
  /// The node came with the change in progress.
  let isNew = Atomic<Bool>(false)
  /// The node has not returned from a call, but may. Until then tokens for it are dropped.
  let isOverdue = Atomic<Bool>(false)
  /// Another thread of the pool does the work of the thread that is in the node.
  let hasSubstitute = Atomic<Bool>(false)
  /// The thread that runs it, or ran it last, belongs to the pool.
  let isRunByPool = Atomic<Bool>(false)
  private let taken = Atomic<Bool>(false)
  /// Stands in for the node once its call was taken away.
  var absence: WorkerAbsence?

  /// The schedule connects the inputs later.
  init(
    step: UnsafeMutablePointer<Step>, clock: UnsafePointer<auscult_clock>, name: String, services: HostServices,
    stalls: StallWatch, waiting: WaitingTokens?
  ) {
    self.step = step
    self.waiting = waiting
    self.clock = clock
    self.name = name
    self.services = services
    self.stalls = stalls
  }

  /// The end of the stream has passed, and everything before it was processed.
  var hasEnded: Bool { ended.load(ordering: .acquiring) }
  /// The results have no deadline: over files, by hand.
  var hasNoDeadline: Bool { services.hasNoDeadline.load(ordering: .relaxed) }
  var hasFailed: Bool { failed.load(ordering: .relaxed) }
  /// A swap has removed the node, and it has processed all its tokens. It begins again if the swap returns.
  var isFinished: Bool { finished.load(ordering: .acquiring) }

  /// Its call was taken away. One of our threads is in the plugin, perhaps for ever.
  var isTaken: Bool { taken.load(ordering: .acquiring) }
  var call: UnsafeMutablePointer<WorkerCall> { step.pointee.call! }
  /// No node reads its output.
  var isSink: Bool { step.pointee.outputCount == 0 }

  /// Changes what the node reads from or pushes to, while no thread runs it. Takes away a call that does not return in
  /// time. Thread: control.
  func modify(_ body: (WorkerStep) -> Void) {
    var seen: (call: Int, since: Int64)?
    while !turn.take(seconds: NodeCalls.look) {
      guard let number = call.pointee.current else { continue }
      let now = realtime_nanoseconds()
      if seen?.call != number { seen = (number, now) }
      let isLate = now - seen!.since > Int64(Self.patience * 1e9)
      // The owner then returns without the turn.
      if isLate || services.calls.isOver { _ = takeAway(number) }
    }
    body(self)
    turn.giveBack()
  }

  /// Changes several nodes at once, while no thread runs any of them. Takes no call away. Thread: control.
  ///
  /// - Parameter patience: seconds to wait for each node's call.
  /// - Returns: false if a call did not return in time: then nothing has changed.
  static func modify(_ workers: [WorkerStep], patience: Double, _ body: () -> Void) -> Bool {
    var taken: [WorkerStep] = []
    defer { for worker in taken { worker.turn.giveBack() } }
    for worker in workers {
      guard worker.turn.take(seconds: patience) else { return false }
      taken.append(worker)
    }
    body()
    return true
  }

  /// Seconds that a change waits for a node's call.
  private static let patience = 4.0

  /// Takes a call away from a thread that does not return. From now on the node is passed over.
  ///
  /// - Returns: false if the call has returned.
  func takeAway(_ number: Int) -> Bool {
    guard call.pointee.takeAway(number) else { return false }
    // This thread now owns what that thread had.
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
    // Before another thread may run the node and overwrite `isRunByPool`.
    stalls.tookAway(self)
    turn.giveBack()
    return true
  }

  /// Retires the step once no thread runs it. A thread that has it from an old list then does nothing, and the step's
  /// memory may be freed. Thread: control.
  func retire() { modify { $0.isRetired = true } }

  /// Quarantines a node that can't continue, before it runs again. Thread: control.
  func fail() {
    modify { worker in
      worker.heardBefore = worker.step.pointee.state.inputWatermark
      worker.step.pointee.state.hasFailed = true
      worker.failed.store(true, ordering: .relaxed)
    }
  }

  /// The result of an attempt to run a node.
  enum Attempt {
    case ran
    /// The node had no work.
    case idle
    /// Another thread runs it.
    case busy
    /// The call was taken away: this thread must end.
    case lost
  }

  /// Runs the node if no other thread does.
  ///
  /// - Parameters:
  ///   - isPool: whether the calling thread is one of the pool's.
  ///   - patience: seconds to wait for another thread that has the node.
  func tryRun(isPool: Bool = false, patience: Double = 0) -> Attempt {
    if isShut.load(ordering: .acquiring) { return .idle }
    guard patience > 0 ? turn.take(seconds: patience) : turn.tryTake() else { return .busy }
    isRunByPool.store(isPool, ordering: .relaxed)
    var result = Attempt.idle
    // A few runs only, so that other nodes get their turn.
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

  /// Runs the node once on the blocks at the fronts of the rings.
  private func takeFronts() -> Attempt {
    if step.pointee.join != nil { return takeJoined() }
    var hasInput = false
    var blocks = 1
    for index in inputs.indices {
      let front = inputs[index].front(mayBegin: mayBegin)
      inputs[index].hasFront = front != nil
      if let front {
        step.pointee.sources[index] = UnsafePointer(front)
        hasInput = true
        if tuning == nil, let gathered = inputs[index].gather(front, waiting) {
          step.pointee.sources[index] = gathered.block
          blocks = gathered.count
        }
      } else if let idle = inputs[index].idle {
        idle.pointee.complete = inputs[index].complete
        idle.pointee.flags = inputs[index].isSpent ? AUSCULT_BLOCK_END : 0
        step.pointee.sources[index] = UnsafePointer(idle)
      }
    }
    let isOver = !hasInput && inputs.allSatisfy(\.isOver)
    if isOver != isFinished { finished.store(isOver, ordering: .releasing) }
    if isOver { return .idle }
    let complete = step.complete(lookahead: 0)
    guard noteComplete(complete) || hasInput else { return .idle }
    guard hasInput || runsWithoutTokens ? run() : publishIdle() else { return .lost }
    noteEnds()
    for index in inputs.indices where inputs[index].hasFront {
      for _ in 0..<blocks { inputs[index].release() }
    }
    return hasInput || (runsWithoutTokens && hasYielded) ? .ran : .idle
  }

  /// Whether it also runs without tokens when its inputs' watermarks advance, as sinks and watchful nodes do.
  var runsWithoutTokens: Bool { step.pointee.outputCount == 0 || step.pointee.isWatchful }

  private var hasYielded: Bool {
    (0..<step.pointee.outputCount).contains { step.pointee.outputs[$0].block.count > 0 }
  }

  func noteFinished() { finished.store(true, ordering: .releasing) }

  /// True if the inputs' watermark has advanced.
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

  /// - Returns: false if the call was taken away.
  func run() -> Bool {
    guard tuneIfDue() else { return false }
    UnsafeMutablePointer(mutating: clock).pointee.flags = hasNoDeadline ? AUSCULT_CLOCK_NO_DEADLINE : 0
    if !step.pointee.state.hasFailed { heardBefore = step.pointee.state.inputWatermark }
    var result = runStep(step, clock: clock)
    if result == .ran, step.yieldsNotFinite() {
      step.fail()
      result = .failed
    }
    switch result {
    case .takenAway: return false
    case .failed:
      failed.store(true, ordering: .relaxed)
      let reason = step.pointee.cycle.pointee.failure.map { String(cString: $0) } ?? "failed and gave no reason"
      services.quarantined(name, reason)
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

  /// `hasRoom` has seen room for the block, unless the reader is overdue or may lose tokens. Should the reader come back in
  /// between, its ring may be full: the block is dropped, counted and marked like any other.
  func push(_ block: Block, _ producer: UnsafeMutablePointer<LinkProducer>) { _ = producer.pointee.push(block) }

  /// - Returns: false if the call was taken away.
  private func tuneIfDue() -> Bool {
    guard let due = tuning?.nextPosition else { return true }
    for index in 0..<step.pointee.inputCount {
      guard let block = step.pointee.sources[index]?.pointee else { continue }
      let isReached = block.count > 0 ? block.end(of: Int(block.count) - 1) > due : block.complete > due
      guard isReached else { continue }
      let call = call
      let number = call.pointee.enter()
      tuning!.take()
      guard call.pointee.leave(number) else { return false }
      tuning!.pass()
      return true
    }
    return true
  }

  /// - Returns: false if the call was taken away.
  func publishIdle() -> Bool {
    guard tuneIfDue() else { return false }
    for index in 0..<step.pointee.linkCount {
      let entry = step.pointee.links[index]
      let output = step.pointee.outputs[entry.output]
      let complete = step.complete(lookahead: output.lookahead)
      step.pointee.outputs[entry.output].noteProgress(tokens: 0, complete: complete)
      if !entry.producer.pointee.drop.isGoingOn { entry.producer.pointee.ring.pointee.publish(complete: complete) }
    }
    return true
  }

  private var mayBegin: Bool { !isHeld.load(ordering: .acquiring) }
}
