import JSONText
import NIOHTTP1
import Synchronization
import SystemCalls

/// Work that takes minutes, such as `auscult accept`: a process each, whose lines are kept for those who ask.
final class Jobs: Sendable {
  /// Jobs that are remembered, and those that run at once.
  private static let memory = 32
  private static let limit = 4
  private static let mostLines = 500
  private static let mostLength = 1000
  /// The longest that one may take: a day in the shadow, and a day to learn.
  private static let seconds = 2 * 86400.0

  fileprivate struct Job {
    var run: String
    var lines: [String] = []
    /// What has no line feed yet.
    var rest: [UInt8] = []
    var skipped = 0
    var isCancelled = false
    /// Nil: it runs.
    var end: LimitedProgram.End?
  }

  private struct State {
    var made = 0
    var jobs: [Int: Job] = [:]

    /// Remembers a job, and forgets the oldest ones that have ended.
    ///
    /// - Returns: its number.
    mutating func add(_ job: Job) throws(ReplyProblem) -> Int {
      let running = jobs.values.filter { $0.end == nil }
      if running.contains(where: { $0.run == job.run }) {
        throw ReplyProblem(.conflict, "a job of this run is in progress: wait, or cancel it")
      }
      guard running.count < Jobs.limit else {
        throw ReplyProblem(
          .serviceUnavailable, "\(running.count) jobs are in progress, which is the most: try again later")
      }
      made += 1
      jobs[made] = job
      let over = jobs.filter { $0.value.end != nil }.keys.sorted()
      for id in over.prefix(max(0, jobs.count - Jobs.memory)) { jobs[id] = nil }
      return made
    }
  }

  private let path: String
  private let state = Mutex(State())

  /// - Parameter path: the program.
  init(_ path: String) { self.path = path }

  /// Starts one.
  ///
  /// - Parameter folder: its working directory.
  func start(_ run: String, _ arguments: [String], folder: String?) -> Reply {
    do throws(ReplyProblem) {
      let program = try Programs.program(path)
      let id = try state.withLock { state throws(ReplyProblem) in try state.add(Job(run: run)) }
      let hasStarted = BackgroundThread.start("auscult-job") { [self] in
        var command = LimitedProgram(program, arguments, seconds: Self.seconds)
        (command.folder, command.hasErrorsAmongOutput, command.endsWithUs) = (folder, true, true)
        carryOut(id, command)
      }
      guard hasStarted else {
        state.withLock { $0.jobs[id] = nil }
        throw ReplyProblem(.serviceUnavailable, "the server has no room for a job; try again")
      }
      return .json(["job": .integer(Int64(id))], .accepted)
    } catch { return error.reply }
  }

  func cancel(_ id: Int) -> Reply {
    let isKnown = state.withLock { state in
      guard state.jobs[id] != nil else { return false }
      state.jobs[id]!.isCancelled = true
      return true
    }
    return isKnown ? answer(id, .accepted) : unknown(id)
  }

  func answer(_ id: Int, _ status: HTTPResponseStatus = .ok) -> Reply {
    guard let job = state.withLock({ $0.jobs[id] }) else { return unknown(id) }
    var exit: JSONValue = .null
    if case .ended(let status)? = job.end { exit = .integer(Int64(status)) }
    let word = job.end == nil ? "running" : exit == .integer(0) ? "done" : "failed"
    return .json(
      [
        "job": .integer(Int64(id)), "run": .text(job.run), "state": .text(word), "exit": exit,
        "cancelled": .boolean(job.isCancelled), "skipped_lines": .integer(Int64(job.skipped)),
        "lines": .array((job.lines + job.rest.lastLine).map { .text($0) }),
      ], status)
  }

  private func unknown(_ id: Int) -> Reply { .problem(.notFound, "there is no job \(id)") }

  // MARK: The job's thread

  private func carryOut(_ id: Int, _ command: LimitedProgram) {
    let outcome = command.run(
      isWanted: { state.withLock { $0.jobs[id]?.isCancelled == false } },
      output: { piece in
        state.withLock { $0.jobs[id]?.add(piece, lines: Self.mostLines, length: Self.mostLength) }
        return true
      })
    state.withLock { state in
      if outcome == nil { state.jobs[id]?.lines.append("the program cannot be started") }
      state.jobs[id]?.end = outcome?.end ?? .stopped
    }
  }
}

extension Jobs.Job {
  /// The oldest lines are left out where there are too many.
  fileprivate mutating func add(_ piece: ArraySlice<UInt8>, lines most: Int, length: Int) {
    for byte in piece {
      if byte == UInt8(ascii: "\n") {
        lines += rest.lastLine
        rest = []
      } else if rest.count < length {
        rest.append(byte)
      }
    }
    guard lines.count > most else { return }
    skipped += lines.count - most
    lines.removeFirst(lines.count - most)
  }
}

extension [UInt8] {
  fileprivate var lastLine: [String] { isEmpty ? [] : [String(decoding: self, as: UTF8.self)] }
}
