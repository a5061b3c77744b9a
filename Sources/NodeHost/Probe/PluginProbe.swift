import OutputFiles
import Synchronization
import SystemCalls

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Opens libraries in a child process before this process does. A library that crashes, exits, hangs or closes
/// descriptors while it is loaded then gives a diagnostic and does not end this program.
///
/// A process with one thread, as every command is at its start, forks. One child opens all libraries; if a library ends
/// it, another child opens the rest. A process with threads starts its own executable. If neither is possible, as in
/// another program that uses this module, nothing is tried.
///
/// The probe remembers results for the file's present state (device, inode, size, times) as long as it lives.
public final class PluginProbe: Sendable {
  /// The result of a library's trial.
  struct Verdict: Sendable {
    /// Why it can't be used; nil: it can.
    var defect: String?
    /// It writes to standard output while it is loaded.
    var writesOutput = false
  }

  /// The program to start if this process can't be forked. It has the command `probe-plugin`.
  public let executable: String?
  /// Seconds for each library.
  public let limit: Double
  private let verdicts = Mutex<[FileState: Verdict]>([:])
  /// No further libraries are tried.
  private let isClosed: Bool

  public init(executable: String? = nil, limit: Double = 10) {
    self.executable = executable
    self.limit = limit
    isClosed = false
  }

  /// The results of another probe: libraries that can't be used, and why.
  public init(refusing defects: [String: String]) {
    executable = nil
    limit = 0
    isClosed = true
    for (path, defect) in defects { note(FileState(path), Verdict(defect: defect)) }
  }

  /// The files that can't be used, and why.
  public func defects(of paths: [String]) -> [String: String] {
    var result: [String: String] = [:]
    for path in paths {
      guard let state = FileState(path) else { continue }
      result[path] = verdicts.withLock { $0[state]?.defect }
    }
    return result
  }

  /// Whether all of these files were tried in their present state, or can't be.
  public func knows(_ paths: [String]) -> Bool {
    paths.allSatisfy { path in
      guard fileDefect(path) == nil, let state = FileState(path) else { return true }
      return verdicts.withLock { $0[state] != nil }
    }
  }

  /// Tries libraries whose present state is not known. Thread: any.
  public func examine(_ paths: [String]) {
    if isClosed { return }
    // A file that can't be a library is not opened: the loading refuses it.
    var left = paths.filter { path in
      guard fileDefect(path) == nil, let state = FileState(path) else { return false }
      return verdicts.withLock { $0[state] == nil }
    }
    while !left.isEmpty {
      let batch = Array(left.prefix(ProbeMemory.mostSteps))
      let states = batch.map { FileState($0) }
      let outcome = open(batch)
      guard outcome.end != .none else { return }
      let isWhole = outcome.end == .finished
      let done = isWhole ? batch.count : max(0, outcome.step)
      for index in 0..<done { note(states[index], verdict(outcome, index)) }
      if isWhole {
        left.removeFirst(batch.count)
        continue
      }
      // A child that never reached its first library says nothing about any library.
      guard outcome.step >= 0, let fault = outcome.fault else { return }
      note(states[done], Verdict(defect: "it \(fault) while it is loaded"))
      left.removeFirst(done + 1)
    }
  }

  /// The result for a library's present state. Tries it if necessary.
  func verdict(on path: String) -> Verdict {
    examine([path])
    guard let state = FileState(path) else { return Verdict() }
    return verdicts.withLock { $0[state] } ?? Verdict()
  }

  /// Takes a library's present state for usable without a trial, because an earlier start tried it.
  func trust(_ path: String) {
    guard let state = FileState(path) else { return }
    verdicts.withLock { if $0[state] == nil { $0[state] = Verdict() } }
  }

  /// Runs another trial in a fork of this process; nil if it can't be forked.
  ///
  /// - Parameter seconds: limit of each step.
  public func copy(seconds: Double, _ body: (ProbeChild) -> Void) -> ProbeOutcome? {
    guard hasOneThread, var process = ProbeProcess(limit: seconds) else { return nil }
    let outcome = process.fork(body)
    return outcome.end == .none ? nil : outcome
  }

  /// Runs another trial in a child that is started as a program. Thread: any.
  ///
  /// - Parameter seconds: limit of each step.
  public func run(_ arguments: [String], request: [UInt8], seconds: Double) -> ProbeOutcome? {
    guard let executable, var process = ProbeProcess(limit: seconds) else { return nil }
    let outcome = process.spawn(executable, arguments, request: request)
    return outcome.end == .none ? nil : outcome
  }

  private func open(_ paths: [String]) -> ProbeOutcome {
    let none = ProbeOutcome(end: .none, step: -1, activity: "", said: "", conduct: [])
    guard var process = ProbeProcess(limit: limit) else { return none }
    if hasOneThread { return process.fork { $0.open(paths) } }
    guard let executable else { return none }
    let request = paths.map { Array($0.utf8) + [0] }.joined()
    return process.spawn(executable, ["probe-plugin", "--limit", "\(limit)"], request: Array(request))
  }

  private func verdict(_ outcome: ProbeOutcome, _ index: Int) -> Verdict {
    let conduct = outcome.conduct.indices.contains(index) ? outcome.conduct[index] : []
    return Verdict(
      defect: conduct.contains(.closesDescriptors)
        ? "it closes descriptors that are not its own while it is loaded" : nil,
      writesOutput: conduct.contains(.writesOutput))
  }

  private func note(_ state: FileState?, _ verdict: Verdict) {
    guard let state else { return }
    verdicts.withLock { $0[state] = verdict }
  }
}

/// Whether the calling thread is the only one of this process.
private var hasOneThread: Bool {
  folderNames("/proc/self/task")?.count == 1
}

/// Redirects standard output to standard error while a library is loaded.
func withOutputAside<T>(_ isAside: Bool, _ body: () throws(PluginProblem) -> T) throws(PluginProblem) -> T {
  guard isAside else { return try body() }
  fflush(nil)
  let kept = fcntl(1, F_DUPFD_CLOEXEC, 3)
  dup2(2, 1)
  defer {
    fflush(nil)
    if kept >= 0 {
      dup2(kept, 1)
      close(kept)
    }
  }
  return try body()
}
