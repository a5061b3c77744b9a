import NumberText
import SystemCalls

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How a trial's child ended.
public struct ProbeOutcome: Sendable {
  public enum End: Sendable, Equatable {
    /// It reached its end.
    case finished
    /// The tried code ended the process.
    case exited(Int32)
    case crashed(signal: Int32)
    /// A step exceeded its time limit.
    case late(seconds: Double)
    /// No child could be started.
    case none
  }

  public var end: End
  /// The last step, and the child's text for it.
  public var step: Int
  public var activity: String
  /// Its last line on standard error.
  public var said: String
  /// The numbers that it reported.
  public var results: [Int64] = []
  public static var mostResults: Int { ProbeMemory.mostResults }
  var conduct: [ProbeMemory.Conduct]

  /// "crashes (SIGSEGV)", "ends the program (exit status 3)": the fault as a verb; nil: none.
  public var fault: String? {
    let words = said.isEmpty ? "" : ", saying '\(said)'"
    switch end {
    case .finished, .none: return nil
    case .exited(let status): return "ends the program (exit status \(status))\(words)"
    case .crashed(let signal): return "crashes (\(signalName(signal)))\(words)"
    case .late(let seconds): return "does not return within \(NumberText.plain(seconds, decimals: 3)) s"
    }
  }
}

/// Starts, watches and ends a child that may crash, exit or hang.
struct ProbeProcess {
  /// Seconds of processor time per step. The step may last longer, if the computer has other work or a slow disk.
  let limit: Double
  private var patience: Double { limit * ProbeProcess.patience }
  static let patience = 3.0
  private let shared: MemoryFile
  private let output: MemoryFile
  private let errors: MemoryFile
  private let memory: ProbeMemory
  private var alive: (read: Int32, write: Int32) = (-1, -1)

  init?(limit: Double) {
    guard let shared = MemoryFile(), let output = MemoryFile(), let errors = MemoryFile(), shared.makeRoom(),
      let base = MemoryFile.map(shared.descriptor)
    else { return nil }
    (self.limit, self.shared, self.output, self.errors) = (limit, shared, output, errors)
    memory = ProbeMemory(base: base)
    memory.clear()
  }

  // MARK: Start

  /// Forks this process, which must have only one thread, and runs `body` in the child.
  mutating func fork(_ body: (ProbeChild) -> Void) -> ProbeOutcome {
    // Swift does not import it: with several threads, the copy may only call exec. This process has one thread.
    guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "fork"), openPipe() else { return nothing }
    let fork = unsafeBitCast(symbol, to: (@convention(c) () -> pid_t).self)
    fflush(nil)
    let child = fork()
    guard child != 0 else {
      setpgid(0, 0)
      let null = open("/dev/null", O_RDONLY)
      dup2(null, 0)
      dup2(output.descriptor, 1)
      dup2(errors.descriptor, 2)
      close(alive.read)
      let probe = ProbeChild(memory: memory, limit: limit)
      onFreshThread {
        body(probe)
        probe.finish()
      }
    }
    if child > 0 { return watch(child) }
    closePipe()
    return nothing
  }

  /// Starts a program with a request on its standard input.
  mutating func spawn(_ executable: String, _ arguments: [String], request: [UInt8]) -> ProbeOutcome {
    guard let input = MemoryFile(request), openPipe() else { return nothing }
    let descriptors = [input.descriptor, output.descriptor, errors.descriptor, shared.descriptor, alive.write]
    guard let child = SystemCalls.spawn(executable, arguments, descriptors: descriptors) else {
      closePipe()
      return nothing
    }
    return watch(child)
  }

  /// Only the child has the pipe's other end, so it closes when the child ends.
  private mutating func openPipe() -> Bool {
    guard let pipe = makePipe() else { return false }
    alive = pipe
    return true
  }

  private func closePipe() {
    close(alive.read)
    close(alive.write)
  }

  // MARK: Watch

  private func watch(_ child: pid_t) -> ProbeOutcome {
    close(alive.write)
    defer { close(alive.read) }
    // When the step began, and when the child last used the processor, with its processor time then in seconds.
    var (step, began) = (memory.step, (time: now(), computed: 0.0))
    var lastSeen = began
    var status: Int32 = 0
    var isOpen = true
    while true {
      var waiting = pollfd(fd: isOpen ? alive.read : -1, events: Int16(POLLIN), revents: 0)
      if poll(&waiting, 1, isOpen ? 50 : 1) > 0 { isOpen = false }
      let ended = waitpid(child, &status, WNOHANG)
      if ended == child {
        // What a library has started while it was loaded.
        kill(-child, SIGKILL)
        return outcome(end(status))
      }
      if ended < 0, errno != EINTR { return outcome(memory.isFinished ? .finished : .none) }
      let this = (time: now(), computed: processorTime(child))
      if memory.step != step { (step, began, lastSeen) = (memory.step, this, this) }
      if this.computed - lastSeen.computed > limit / 100 { lastSeen = this }
      // Before its first step, the child starts up. If it uses almost no processor time for this long, it waits for
      // something that never comes.
      let isLooping = step >= 0 && this.computed - began.computed > limit
      let isWaiting = step >= 0 && this.time - lastSeen.time > limit
      let most = step < 0 ? max(patience, 30) : patience
      guard isLooping || isWaiting || this.time - began.time > most else { continue }
      kill(-child, SIGKILL)
      kill(child, SIGKILL)
      uninterrupted { waitpid(child, &status, 0) }
      return outcome(.late(seconds: isLooping || isWaiting ? limit : patience))
    }
  }

  private func end(_ status: Int32) -> ProbeOutcome.End {
    let signal = status & 0x7F
    if signal != 0 { return signal == SIGALRM ? .late(seconds: patience) : .crashed(signal: signal) }
    return memory.isFinished ? .finished : .exited((status >> 8) & 0xFF)
  }

  private func outcome(_ end: ProbeOutcome.End) -> ProbeOutcome {
    defer { munmap(memory.base, ProbeMemory.bytes) }
    let last = errors.tail(512).split(separator: UInt8(ascii: "\n")).last ?? []
    return ProbeOutcome(
      end: end, step: memory.step, activity: memory.text, said: harmless(last), results: memory.results,
      conduct: (0...min(max(0, memory.step), ProbeMemory.mostSteps)).map { memory.conduct(of: $0) })
  }

  private var nothing: ProbeOutcome {
    ProbeOutcome(end: .none, step: -1, activity: "", said: "", conduct: [])
  }
}

/// Runs the body on a new thread, and ends the process after it. The forked thread still has the parent's thread
/// number: Swift's Mutex remembers that number and ends the program if the kernel, which it asks when two threads
/// compete, knows another one.
private func onFreshThread(_ body: () -> Void) -> Never {
  withoutActuallyEscaping(body) { body in
    let box = Unmanaged.passRetained(Box(body))
    var thread = pthread_t()
    let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { pointer in
      Unmanaged<Box>.fromOpaque(pointer!).takeUnretainedValue().body()
      return nil
    }
    if pthread_create(&thread, nil, run, box.toOpaque()) == 0 { pthread_join(thread, nil) }
    _exit(0)
  }
}

private final class Box {
  let body: () -> Void
  init(_ body: @escaping () -> Void) { self.body = body }
}

/// A text of unknown origin for a message: shortened, without control characters.
package func harmless(_ bytes: ArraySlice<UInt8>) -> String {
  let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars.prefix(160)
  return String(String.UnicodeScalarView(scalars.map { $0.value < 32 || (127...159).contains($0.value) ? "?" : $0 }))
}

package func signalName(_ signal: Int32) -> String {
  let names: [Int32: String] = [
    SIGSEGV: "SIGSEGV", SIGBUS: "SIGBUS", SIGABRT: "SIGABRT", SIGFPE: "SIGFPE", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
    SIGKILL: "SIGKILL", SIGTERM: "SIGTERM", SIGXCPU: "SIGXCPU",
  ]
  return names[signal] ?? "signal \(signal)"
}

/// Processor time of a process, in seconds.
package func processorTime(_ process: pid_t) -> Double {
  var clock = clockid_t()
  return clock_getcpuclockid(process, &clock) == 0 ? seconds(clock) : 0
}

private func now() -> Double { seconds(CLOCK_MONOTONIC) }

private func seconds(_ clock: clockid_t) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
