import JSONText
import NIOCore
import NIOHTTP1
import RunControl

/// What each address answers. Thread: the event loop's.
struct Routes {
  typealias Answer = @Sendable (Reply) -> Void

  /// Methods of the control protocol that change a run.
  static let changes: Set = ["swap", "set", "apply", "shadow", "promote", "discard", "rollback", "stop"]

  let services: Services
  var board: Board { services.board }

  init(_ services: Services) { self.services = services }

  func answer(_ request: Request, _ reply: @escaping Answer) {
    if let file = PageFile.at(request.path), !request.isPost {
      return reply(Reply(status: .ok, type: file.type + "; charset=utf-8", body: file.body))
    }
    if request.path == ["metrics"], !request.isPost {
      return reply(.text(Metrics(board.runs).text, type: "text/plain; version=0.0.4"))
    }
    guard request.path.starts(with: ["api", "v1"]) else { return reply(nothing) }
    let path = Array(request.path.dropFirst(2))
    if request.isPost { post(path, request, reply) } else { get(path, request, reply) }
  }

  /// The methods of an address.
  static func methods(_ uri: String) -> [HTTPMethod] {
    let path = uri.prefix { $0 != "?" }.split(separator: "/").map(String.init)
    guard path.starts(with: ["api", "v1"]) else { return [.GET, .HEAD] }
    let isPost =
      switch path.count {
      case 3: path[2] == "check"
      case 5:
        path[2] == "runs" && (changes.contains(path[4]) || path[4] == "accept")
          || path[2] == "jobs" && path[4] == "cancel"
      default: false
      }
    return isPost ? [.POST] : [.GET, .HEAD]
  }

  var nothing: Reply { .problem(.notFound, "there is nothing here; /api/v1/openapi.json describes what there is") }

  func unknown(_ name: String) -> Reply {
    .problem(.notFound, "no graph named '\(name)' runs; /api/v1/runs lists those that do")
  }

  // MARK: Reading

  private func get(_ path: [String], _ request: Request, _ reply: @escaping Answer) {
    let programs = services.programs
    switch path {
    case ["openapi.json"]:
      reply(Reply(status: .ok, type: "application/json", body: PackageResources.openapi_json))
    case ["runs"]: reply(.json(["runs": .array(board.sortedRuns.map { RunAnswers.summary($0.key, $0.value) })]))
    case ["machines"]:
      reply(.json(["machines": .array(board.sortedRuns.flatMap { RunAnswers.machines($0.key, $0.value) })]))
    case ["schema"]: services.later(programs.queue, reply) { programs.keptJSON(["schema"]) }
    case ["classes"]: services.later(programs.queue, reply) { programs.keptJSON(["nodes", "--json"]) }
    case ["history"], ["history", "machines"]: history(isList: path.count == 2, request, reply)
    case _ where path.count == 2 && path[0] == "jobs":
      reply(Int(path[1]).map { services.jobs.answer($0) } ?? .problem(.notFound, "a job is a number"))
    case _ where path.count >= 2 && path[0] == "runs": ofRun(path, request, reply)
    default: reply(nothing)
    }
  }

  private func ofRun(_ path: [String], _ request: Request, _ reply: @escaping Answer) {
    let name = path[1]
    let isOfClips = path.count >= 3 && path[2] == "clips"
    guard let run = board.runs[name] else {
      if isOfClips, let file = services.history { return clips(path, ofFile: file, request, reply) }
      return reply(unknown(name))
    }
    switch path.count {
    case 4 where isOfClips:
      let (folders, range) = (ClipFolders(run), request.range)
      services.later(services.files, reply) { Self.sound(path[3], in: folders, range: range) }
    case 3 where isOfClips: clips(ClipFolders(run), request, reply)
    case 4 where path[2] == "changes":
      guard let id = Int64(path[3]) else { return reply(.problem(.badRequest, "a change is a number")) }
      // The method has no other reason to fail.
      call(name, "change", ["change": .integer(id)], .ok) { answer in
        reply(
          answer.status == .unprocessableEntity
            ? Reply(status: .notFound, type: answer.type, body: answer.body) : answer)
      }
    case 2, 3: reply(RunAnswers.part(path.count == 3 ? path[2] : "", of: name, run, request))
    default: reply(nothing)
    }
  }

  // MARK: Clips and history

  private func clips(_ folders: ClipFolders, _ request: Request, _ reply: @escaping Answer) {
    let machine = request.query["machine"]
    guard let most = request.limit(200, most: 1000) else { return reply(.wrongLimit(1000)) }
    services.later(services.files, reply) { .json(folders.list(machine: machine, most: most)) }
  }

  /// Thread: one that may wait.
  private static func sound(_ name: String, in folders: ClipFolders, range: String?) -> Reply {
    guard let file = folders.open(name) else {
      return .problem(.notFound, "there is no such clip; the list of the run's clips names them")
    }
    return FilePart.reply(file, range: range)
  }

  /// Clips of a graph that does not run, by the database of `--history`.
  private func clips(_ path: [String], ofFile file: String, _ request: Request, _ reply: @escaping Answer) {
    guard path.count <= 4 else { return reply(nothing) }
    guard let most = request.limit(200, most: 1000) else { return reply(.wrongLimit(1000)) }
    let queries = HistoryQueries(programs: services.programs, file: file)
    let (machine, range) = (request.query["machine"], request.range)
    if let problem = HistoryQueries.wrong(machine: machine) { return reply(problem) }
    services.later(services.programs.queue, reply) {
      do throws(ReplyProblem) {
        let folders = ClipFolders(sounds: try queries.clips(of: path[1], machine: machine))
        if path.count == 4 { return Self.sound(path[3], in: folders, range: range) }
        return .json(folders.list(machine: machine, most: most))
      } catch { return error.reply }
    }
  }

  private func history(isList: Bool, _ request: Request, _ reply: @escaping Answer) {
    let query: HistoryQueries.Query
    do throws(ReplyProblem) { query = try HistoryQueries.Query(request.query) } catch { return reply(error.reply) }
    var file = services.history
    if let name = request.query["run"] {
      if let run = board.runs[name] {
        guard let own = run.outputs(of: "sink.sqlite").first else {
          return reply(.problem(.notFound, "the graph of '\(name)' has no sink.sqlite, which would keep its history"))
        }
        file = own
      } else if file == nil {
        return reply(unknown(name))
      }
    } else if file == nil {
      file = board.sortedRuns.compactMap { $0.value.outputs(of: "sink.sqlite").first }.first
    }
    guard let file else {
      return reply(
        .problem(.notFound, "there is no history: start the server with --history FILE, or a run with sink.sqlite"))
    }
    let queries = HistoryQueries(programs: services.programs, file: file)
    services.later(services.programs.queue, reply) { isList ? queries.list() : queries.answer(query) }
  }

  // MARK: Changing

  private func post(_ path: [String], _ request: Request, _ reply: @escaping Answer) {
    let body: JSONValue
    do throws(ReplyProblem) { body = try request.object() } catch { return reply(error.reply) }
    switch path {
    case ["check"]: check(body, reply)
    case _ where path.count == 3 && path[0] == "jobs" && path[2] == "cancel":
      reply(Int(path[1]).map { services.jobs.cancel($0) } ?? .problem(.notFound, "a job is a number"))
    case _ where path.count == 3 && path[0] == "runs":
      guard let run = board.runs[path[1]] else { return reply(unknown(path[1])) }
      if path[2] == "accept" {
        accept(path[1], run, body, reply)
      } else {
        call(path[1], path[2], body, .accepted, reply)
      }
    default: reply(nothing)
    }
  }

  private func check(_ body: JSONValue, _ reply: @escaping Answer) {
    guard let text = body["text"]?.text else {
      return reply(.problem(.badRequest, "'text' must be the text of a graph"))
    }
    let file = body["file"] == nil ? "graph.yaml" : body["file"]?.text ?? ""
    guard file.isPlain(most: 4096), !file.hasPrefix("-") else {
      return reply(.problem(.badRequest, "'file' must be the path of a graph"))
    }
    guard body["run"] == nil || body["run"]?.text != nil else {
      return reply(.problem(.badRequest, "'run' must be the name of a run"))
    }
    // What a run of this file writes is no error of an edited text.
    let named =
      body["run"]?.text.map { [$0] } ?? board.sortedRuns.filter { $0.value.graph?["file"]?.text == file }.map(\.key)
    let names = named.filter { board.runs[$0] != nil }.map { "--name=\($0)" }
    let programs = services.programs
    services.later(programs.queue, reply) {
      programs.json(["check", file, "--stdin", "--json"] + names, input: Array(text.utf8), statuses: [0, 1])
    }
  }

  private func accept(_ name: String, _ run: Board.Run, _ body: JSONValue, _ reply: @escaping Answer) {
    let order: AcceptOrder
    do throws(ReplyProblem) { order = try AcceptOrder(body) } catch { return reply(error.reply) }
    let (services, folders, folder) = (services, ClipFolders(run), run.graph?["folder"]?.text)
    services.later(services.files, reply) {
      do throws(ReplyProblem) {
        return services.jobs.start(name, try order.arguments(name, folders), folder: folder)
      } catch { return error.reply }
    }
  }

  private func call(
    _ run: String, _ method: String, _ parameters: JSONValue, _ status: HTTPResponseStatus, _ reply: @escaping Answer
  ) {
    services.later(services.calls, reply) {
      switch Services.call(run, method, parameters) {
      case .success(let answer): .json(answer, status)
      case .failure(let problem): problem.reply
      }
    }
  }
}
