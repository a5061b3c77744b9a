import Dispatch
import Glibc
import Synchronization
import SystemCalls

/// A child program that ends at the latest with this process. See `ProcessGuard`.
final class ChildProcess: Sendable {
  private enum State {
    case running(pid_t)
    /// `wasKilled`: a signal that the program did not handle ended it.
    case ended(wasKilled: Bool)
  }

  /// Bytes of output to keep.
  private static let outputLimit = 16384

  private let state: Mutex<State>
  private let text = Mutex<[UInt8]>([])
  private let hasEnded = DispatchSemaphore(value: 0)
  private let guarding: ProcessGuard

  /// Starts the program at `path`.
  ///
  /// - Returns: nil if the system did not start it.
  static func start(_ path: String, _ arguments: [String]) -> ChildProcess? {
    guard let output = makePipe() else { return nil }
    defer { close(output.write) }
    guard let guarding = ProcessGuard() else {
      close(output.read)
      return nil
    }
    guard let process = spawn(path, arguments, descriptors: [nil, output.write, output.write]) else {
      close(output.read)
      guarding.end()
      return nil
    }
    guarding.begin(process)
    let child = ChildProcess(process: process, guarding: guarding)
    child.watch(process, output: output.read)
    return child
  }

  private init(process: pid_t, guarding: ProcessGuard) {
    state = Mutex(.running(process))
    self.guarding = guarding
  }

  var isRunning: Bool { identifier != nil }

  /// Whether the program ended without cleaning up.
  var wasKilled: Bool {
    if case .ended(let wasKilled) = state.withLock({ $0 }) { wasKilled } else { false }
  }

  var identifier: pid_t? {
    if case .running(let identifier) = state.withLock({ $0 }) { identifier } else { nil }
  }

  /// The program's last output, of both streams.
  var output: String { String(decoding: text.withLock { $0 }, as: UTF8.self) }

  /// Asks the program to end, waits, and kills it if needed. Repeated calls do nothing.
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

  /// Reads the program's output until it ends, on a thread of its own that keeps `self` alive.
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

  /// After reaping, the process number may belong to another program. So the guard ends first, and reaping holds the lock
  /// that `stop` takes.
  private func reap(_ process: pid_t) {
    var information = siginfo_t()
    uninterrupted { waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) }
    guarding.end()
    state.withLock { state in
      var status: Int32 = 0
      waitpid(process, &status, 0)
      state = .ended(wasKilled: status & 0x7f != 0)
    }
    hasEnded.signal()
  }
}
