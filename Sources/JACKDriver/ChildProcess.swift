import CJACK
import Dispatch
import Glibc
import Synchronization

/// A program that runs beside us and never outlives us.
///
/// A thread of its own starts it, reads what it writes, and waits for its end; the kernel sends the program SIGTERM
/// when that thread ends, which is when our process does, however that comes about. SIGTERM and not SIGKILL: see
/// `PrivateServer.reclaim`.
final class ChildProcess: Sendable {
  private enum State {
    case starting
    case running(pid_t)
    /// `wasKilled`: by a signal that it did not handle.
    case ended(wasKilled: Bool)
    case failed(Int32)
  }

  /// Bytes of output that are kept.
  private static let outputLimit = 16384

  private let state = Mutex(State.starting)
  private let text = Mutex<[UInt8]>([])
  private let hasStarted = DispatchSemaphore(value: 0)
  private let hasEnded = DispatchSemaphore(value: 0)

  /// Starts the program at `path` and returns once it runs.
  ///
  /// - Returns: nil when the system would not start it.
  static func start(_ path: String, _ arguments: [String]) -> ChildProcess? {
    let child = ChildProcess()
    let work = Unmanaged.passRetained(Work(child: child, command: [path] + arguments))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        let work = Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue()
        work.child.live(work.command)
        return nil
      }, work.toOpaque())
    guard status == 0 else {
      work.release()
      return nil
    }
    pthread_detach(thread)
    child.hasStarted.wait()
    if case .failed = child.state.withLock({ $0 }) { return nil }
    return child
  }

  private final class Work: Sendable {
    let child: ChildProcess
    let command: [String]

    init(child: ChildProcess, command: [String]) {
      self.child = child
      self.command = command
    }
  }

  var isRunning: Bool {
    if case .running = state.withLock({ $0 }) { true } else { false }
  }

  /// Whether it ended without cleaning up after itself.
  var wasKilled: Bool {
    if case .ended(let wasKilled) = state.withLock({ $0 }) { wasKilled } else { false }
  }

  var identifier: Int32? {
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

  /// The child's whole life, on the thread made for it.
  private func live(_ command: [String]) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return fail() }
    _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    arguments.append(nil)
    let identifier = cjack_start_process(command[0], arguments, ends[1])
    for argument in arguments { free(argument) }
    close(ends[1])
    if identifier > 0 {
      state.withLock { $0 = .running(identifier) }
      hasStarted.signal()
      collect(ends[0])
      reap(identifier)
    } else {
      fail()
    }
    close(ends[0])
  }

  private func fail() {
    state.withLock { $0 = .failed(errno) }
    hasStarted.signal()
  }

  private func collect(_ descriptor: Int32) {
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      while true {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return }
        text.withLock { text in
          text.append(contentsOf: buffer[..<count])
          if text.count > Self.outputLimit { text.removeFirst(text.count - Self.outputLimit) }
        }
      }
    }
  }

  /// Its number may belong to another program once it is reaped: so that happens under the lock that `stop` takes.
  private func reap(_ identifier: pid_t) {
    var information = siginfo_t()
    while waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
    state.withLock { state in
      var status: Int32 = 0
      waitpid(identifier, &status, 0)
      state = .ended(wasKilled: status & 0x7f != 0)
    }
    hasEnded.signal()
  }
}
