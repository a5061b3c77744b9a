import Dispatch
import Glibc
import Synchronization
import SystemCalls

/// A program that runs beside us and never outlives us.
///
/// A guard, a small shell script, waits for the end of a pipe that only we hold: it comes when our process ends,
/// however that happens. Then it asks the program to end, and makes it. (The kernel's own way, PR_SET_PDEATHSIG, sends
/// one signal for each thread of ours that ends, and jackd does not clean up when it gets several.)
final class ChildProcess: Sendable {
  private enum State {
    case running(pid_t)
    /// `wasKilled`: by a signal that it did not handle.
    case ended(wasKilled: Bool)
  }

  /// Bytes of output that are kept.
  private static let outputLimit = 16384
  private static let guardScript = """
    read -r child && { read -r end; kill -TERM "$child" || exit
    for try in 1 2 3 4 5 6 7 8 9 10; do sleep 0.5; kill -0 "$child" || exit; done
    kill -KILL "$child"; }
    """

  private let state: Mutex<State>
  private let text = Mutex<[UInt8]>([])
  private let hasEnded = DispatchSemaphore(value: 0)
  private let guardian: pid_t
  /// Our end of the guard's pipe.
  private let lifeline: Int32

  /// Starts the program at `path`.
  ///
  /// - Returns: nil when the system would not start it.
  static func start(_ path: String, _ arguments: [String]) -> ChildProcess? {
    guard let output = makePipe(), let lifeline = makePipe() else { return nil }
    defer {
      close(output.write)
      close(lifeline.read)
    }
    let guardArguments = ["-c", guardScript, "auscult-guard"]
    guard let guardian = spawn("/bin/sh", guardArguments, descriptors: [lifeline.read, nil, nil]) else { return nil }
    guard let process = spawn(path, arguments, descriptors: [nil, output.write, output.write]) else {
      close(lifeline.write)
      close(output.read)
      waitpid(guardian, nil, 0)
      return nil
    }
    let line = Array("\(process)\n".utf8)
    write(lifeline.write, line, line.count)
    let child = ChildProcess(process: process, guardian: guardian, lifeline: lifeline.write)
    child.watch(process, output: output.read)
    return child
  }

  private init(process: pid_t, guardian: pid_t, lifeline: Int32) {
    state = Mutex(.running(process))
    self.guardian = guardian
    self.lifeline = lifeline
  }

  var isRunning: Bool { identifier != nil }

  /// Whether it ended without cleaning up after itself.
  var wasKilled: Bool {
    if case .ended(let wasKilled) = state.withLock({ $0 }) { wasKilled } else { false }
  }

  var identifier: pid_t? {
    if case .running(let identifier) = state.withLock({ $0 }) { identifier } else { nil }
  }

  /// The last it wrote, on either stream.
  var output: String { String(decoding: text.withLock { $0 }, as: UTF8.self) }

  /// Asks it to end, waits, and makes it end. Again does nothing.
  func stop(seconds: Int) {
    for signal in [SIGTERM, SIGKILL] {
      let isRunning = state.withLock { state -> Bool in
        guard case .running(let identifier) = state else { return false }
        kill(identifier, signal)
        return true
      }
      guard isRunning else { return }
      if hasEnded.wait(timeout: .now() + .seconds(seconds)) == .success {
        hasEnded.signal()
        return
      }
    }
  }

  /// Reads what it writes until it ends, on a thread of its own, which keeps `self` for so long.
  private func watch(_ process: pid_t, output: Int32) {
    let work = Unmanaged.passRetained(Work(child: self, process: process, output: output))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        let work = Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue()
        work.child.collect(work.output)
        close(work.output)
        work.child.reap(work.process)
        return nil
      }, work.toOpaque())
    precondition(status == 0, "no thread is left")
    pthread_detach(thread)
  }

  private final class Work: Sendable {
    let child: ChildProcess
    let process: pid_t
    let output: Int32

    init(child: ChildProcess, process: pid_t, output: Int32) {
      self.child = child
      self.process = process
      self.output = output
    }
  }

  private func collect(_ descriptor: Int32) {
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      while true {
        let count = uninterrupted { read(descriptor, buffer.baseAddress, buffer.count) }
        if count <= 0 { return }
        text.withLock { text in
          text.append(contentsOf: buffer[..<count])
          if text.count > Self.outputLimit { text.removeFirst(text.count - Self.outputLimit) }
        }
      }
    }
  }

  /// The number may belong to another program once it is reaped: so the guard ends before, and it happens under the
  /// lock that `stop` takes.
  private func reap(_ process: pid_t) {
    var information = siginfo_t()
    uninterrupted { waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) }
    kill(guardian, SIGKILL)
    waitpid(guardian, nil, 0)
    close(lifeline)
    state.withLock { state in
      var status: Int32 = 0
      waitpid(process, &status, 0)
      state = .ended(wasKilled: status & 0x7f != 0)
    }
    hasEnded.signal()
  }
}
