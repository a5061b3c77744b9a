import JSONText
import NIOCore
import RunControl

/// What the addresses are answered from.
struct Services: Sendable {
  let board: Board
  let programs: Programs
  let jobs: Jobs
  /// The database of `--history`.
  let history: String?
  /// Requests to runs: one may not answer.
  let calls = WorkQueue("auscult-ask", threads: 8, waiting: 32)
  let files = WorkQueue("auscult-files", threads: 2, waiting: 32)

  init(_ board: Board, history: String?) {
    self.board = board
    self.history = history
    programs = Programs()
    jobs = Jobs(programs.path)
  }

  /// Makes an answer on a thread of a queue, and hands it to the event loop.
  func later(_ queue: WorkQueue, _ reply: @escaping @Sendable (Reply) -> Void, _ make: @escaping @Sendable () -> Reply)
  {
    let loop = board.loop
    let isAccepted = queue.submit {
      let result = make()
      loop.execute { reply(result) }
    }
    if !isAccepted { reply(.problem(.serviceUnavailable, "too many requests are under way; try again")) }
  }

  /// The answer of a run. Thread: one that may wait.
  static func call(_ run: String, _ method: String, _ parameters: JSONValue) -> Result<JSONValue, ReplyProblem> {
    do {
      return .success(try ControlClient(name: run).call(method, parameters))
    } catch let error as ControlError {
      let isConflict = error.code == ControlError.conflictCode
      return .failure(ReplyProblem(isConflict ? .conflict : .unprocessableEntity, error.message))
    } catch {
      return .failure(ReplyProblem(.badGateway, "\(error)"))
    }
  }
}
