import CIsolation
import Glibc
import IsolationMessages
import NodeHost
import Synchronization
import SystemCalls

/// A node's process, and the memory that it shares with this one.
///
/// A thread of its own starts it and waits for its end: the system ends the process when that thread ends.
///
/// Thread: any, one call at a time.
package final class NodeProcess: @unchecked Sendable {
  private let memory: SharedMemory
  private let descriptor: Int32
  private let limit: Int
  private let condition = Condition()
  private let ended = Atomic<Bool>(false)
  // Under the condition's lock.
  private var process: pid_t = 0
  private var isReaped = false
  private var end: ProcessEnd?
  /// Why this program has ended it.
  private var cause: ProcessEnd.Cause?
  private var call = ""

  /// Answers what the process asks for in a call: the kind, the message, and room for the answer; false: it broke a rule.
  package typealias Service = (MessageKind, inout MessageReader, inout MessageWriter) -> Int32?

  /// - Parameters:
  ///   - program: and its arguments, after the first two of auscult-node.
  ///   - limit: bytes of memory that it may take for itself.
  ///   - environment: names of variables that it gets beside those of `ForeignEnvironment`.
  package init(
    _ program: String, _ arguments: [String], limit: Int, environment: [String] = []
  ) throws(ProcessEnd) {
    let descriptor = make_shared_memory(SharedMemory.bytes)
    guard descriptor >= 0 else { throw ProcessEnd(cause: .notStarted(systemReason())) }
    guard let memory = SharedMemory(descriptor: descriptor) else {
      close(descriptor)
      throw ProcessEnd(cause: .notStarted("there is no room for the shared memory"))
    }
    (self.memory, self.descriptor, self.limit) = (memory, descriptor, limit)
    memory.writeHead()
    let list = ["\(getpid())", "\(limit)"] + arguments
    let started = BackgroundThread.start("auscult-node") { [self] in
      run(program, list, environment: ForeignEnvironment.variables(adding: environment))
    }
    guard started else { throw ProcessEnd(cause: .notStarted("the system has no room for another thread")) }
    condition.lock()
    while process == 0 { condition.wait(seconds: 1) }
    condition.unlock()
    call = "start"
    // It gives the first turn when it has limited itself.
    var patience = CallLimit(seconds: CallLimit.control, process: number)
    do {
      while memory.turn != Turn.host.rawValue { try awaitTurn(&patience) }
    } catch {
      throw self.reason
    }
  }

  deinit {
    memory.unmap()
    close(descriptor)
  }

  /// The system's number of the process; -1: it could not be started.
  package var number: pid_t {
    condition.lock()
    defer { condition.unlock() }
    return process
  }

  package var hasEnded: Bool { ended.load(ordering: .acquiring) }
  /// CONFINED_*.
  package var confinement: UInt32 { memory.confinement }
  package var sharedMemory: SharedMemory { memory }
  package var memoryLimit: Int { limit }

  /// Why it has ended. Waits for the end.
  package var reason: ProcessEnd {
    condition.lock()
    defer { condition.unlock() }
    while end == nil { condition.wait(seconds: 1) }
    return end!
  }

  // MARK: Calls

  /// Sends a call and waits for its answer.
  ///
  /// - Parameters:
  ///   - seconds: limit of the call; nil: it may take any time, as a training.
  ///   - service: answers what the process asks for meanwhile.
  package func call(
    _ kind: MessageKind, _ bytes: [UInt8], seconds: Double?, service: Service
  ) throws(ProcessEnd) -> (status: Int32, answer: MessageReader) {
    call = "\(kind)"
    let transfer = Transfer(memory, own: .host)
    var limit = CallLimit(seconds: seconds ?? .infinity, process: number)
    memory.modes = flushes_denormals() != 0 ? 1 : 0
    do {
      guard !hasEnded else { throw TransferProblem.ended }
      try transfer.send(kind, bytes) { try awaitTurn(&limit) }
      var turns = 0
      while true {
        let message = try transfer.receive { try awaitTurn(&limit, counting: &turns) }
        var reader = MessageReader(message.bytes)
        if message.kind == MessageKind.answer.rawValue { return (message.status, reader) }
        var answer = MessageWriter()
        guard let asked = MessageKind(rawValue: message.kind), let status = service(asked, &reader, &answer),
          !reader.isBad
        else { throw TransferProblem.broken }
        try transfer.send(.answer, status: status, answer.bytes) { try awaitTurn(&limit) }
      }
    } catch {
      if error as? TransferProblem == .broken { stop(.brokeRules("broke the rules of its messages")) }
      throw reason
    }
  }

  /// Waits for the turn of a message's next part. A process that asks and asks, or whose message never ends, never lets
  /// one wait become long: so its turns are counted.
  private func awaitTurn(_ limit: inout CallLimit, counting turns: inout Int) throws {
    turns += 1
    if turns % 16 == 0, limit.isReached(by: number) { stop(.late(seconds: limit.seconds)) }
    try awaitTurn(&limit)
  }

  private func awaitTurn(_ limit: inout CallLimit) throws {
    while true {
      let turn = memory.turn
      if hasEnded { throw TransferProblem.ended }
      if turn == Turn.host.rawValue { return }
      memory.wait(while: .node, nanoseconds: CallLimit.look)
      if memory.turn != Turn.host.rawValue, !hasEnded, limit.isReached(by: number) {
        stop(.late(seconds: limit.seconds))
        throw TransferProblem.ended
      }
      // A value that nobody may write would not let the wait above wait.
      if memory.turn > Turn.node.rawValue { Polling.pause(.milliseconds(1)) }
    }
  }

  /// Ends the process now.
  package func stop(_ cause: ProcessEnd.Cause = .dismissed) {
    condition.lock()
    if self.cause == nil { self.cause = cause }
    // Only what has not been reaped is certainly this process.
    if process > 0, !isReaped {
      kill(-process, SIGKILL)
      kill(process, SIGKILL)
    }
    condition.unlock()
  }

  // MARK: The thread that starts it and waits for its end

  private func run(_ program: String, _ arguments: [String], environment: [String]) {
    guard let output = makePipe() else { return noteStart(-1, "no descriptors are left") }
    let child = spawn(
      program, arguments, descriptors: [nil, output.write, output.write, descriptor], environment: environment)
    let problem = child == nil ? systemReason() : ""
    // Until it runs its own program a process has our memory, and the kernel counts that for it.
    let inherited = Self.peakMemory
    close(output.write)
    noteStart(child ?? -1, "\(program): \(problem)")
    if let child {
      let last = ProcessWatch(process: child, output: output.read, memory: descriptor).wait()
      reap(child, last, inherited: inherited)
    }
    close(output.read)
  }

  private func noteStart(_ child: pid_t, _ problem: String) {
    condition.lock()
    process = child
    if child < 0 {
      isReaped = true
      end = ProcessEnd(cause: .notStarted(problem))
      ended.store(true, ordering: .releasing)
    }
    condition.broadcast()
    condition.unlock()
    if child < 0 { memory.give(.ended) }
  }

  /// The most memory that this process has had, in KiB.
  private static var peakMemory: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss
  }

  /// - Parameter inherited: KiB up to which the most memory of the process is not its own.
  private func reap(_ child: pid_t, _ last: (said: [UInt8], hasLeftSome: Bool), inherited: Int) {
    var (status, usage) = (Int32(0), rusage())
    condition.lock()
    uninterrupted { wait4(child, &status, 0, &usage) }
    isReaped = true
    let memory = usage.ru_maxrss > inherited ? usage.ru_maxrss * 1024 : 0
    let words = last.said.split(separator: UInt8(ascii: "\n")).last ?? []
    end = ProcessEnd(
      cause: cause ?? .ended(status), call: call, said: harmless(words), memory: memory, limit: limit,
      hasLeftSome: last.hasLeftSome)
    ended.store(true, ordering: .releasing)
    condition.broadcast()
    condition.unlock()
    self.memory.give(.ended)
  }
}
