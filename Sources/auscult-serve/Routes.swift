import JSONText
import NIOCore
import NIOHTTP1
import RunControl
import SystemCalls

/// What each address answers. Thread: the event loop's.
struct Routes {
  /// Most requests to runs at once.
  private static let actionLimit = 8
  /// Methods of the control protocol that change a run.
  private static let changes: Set = ["swap", "set", "apply", "shadow", "promote", "discard", "rollback", "stop"]

  private let board: Board

  init(_ board: Board) { self.board = board }

  func answer(_ request: Request, _ reply: @escaping @Sendable (Reply) -> Void) {
    if request.isPost { return post(request, reply) }
    if request.path.count == 6, Array(request.path[..<3]) == ["api", "v1", "runs"], request.path[4] == "changes" {
      return change(request, reply)
    }
    reply(get(request))
  }

  /// The methods of an address.
  static func methods(_ uri: String) -> [HTTPMethod] {
    let path = uri.prefix { $0 != "?" }.split(separator: "/")
    let isChange = path.count == 5 && path[2] == "runs" && changes.contains(String(path[4]))
    return isChange ? [.POST] : [.GET, .HEAD]
  }

  // MARK: Reading

  private func get(_ request: Request) -> Reply {
    if let file = PageFile.at(request.path) {
      return Reply(status: .ok, type: file.type + "; charset=utf-8", body: file.body)
    }
    return switch request.path {
    case ["metrics"]: .text(Metrics(board.runs).text, type: "text/plain; version=0.0.4")
    case ["api", "v1", "openapi.json"]:
      Reply(status: .ok, type: "application/json", body: PackageResources.openapi_json)
    case ["api", "v1", "runs"]: .json(["runs": .array(sortedRuns.map { summary($0.key, $0.value) })])
    case ["api", "v1", "machines"]: .json(["machines": .array(sortedRuns.flatMap { machines($0.key, $0.value) })])
    default: ofRun(request)
    }
  }

  private var sortedRuns: [(key: String, value: Board.Run)] { board.runs.sorted { $0.key < $1.key } }

  private func ofRun(_ request: Request) -> Reply {
    let path = request.path
    guard path.count == 4 || path.count == 5, Array(path[..<3]) == ["api", "v1", "runs"] else {
      return .problem(.notFound, "there is nothing here; /api/v1/openapi.json describes what there is")
    }
    guard let run = board.runs[path[3]] else { return unknown(path[3]) }
    switch path.count == 5 ? path[4] : "" {
    case "": return .json(run.status ?? ["name": .text(path[3])])
    case "machines": return .json(["machines": .array(machines(path[3], run))])
    case "scores": return records(run.scores, "scores", request)
    case "events": return records(run.events, "events", request)
    case "alarms": return records(run.events.filter { $0["kind"] == "alarm" }, "alarms", request)
    default: return .problem(.notFound, "a run has machines, scores, events, alarms and changes")
    }
  }

  private func unknown(_ name: String) -> Reply {
    .problem(.notFound, "no graph named '\(name)' runs; /api/v1/runs lists those that do")
  }

  /// The latest records, of one machine if asked for.
  private func records(_ all: [JSONValue], _ name: String, _ request: Request) -> Reply {
    guard let most = request.query["limit"].map({ Int($0) }) ?? 600, (1...2500).contains(most) else {
      return .problem(.badRequest, "'limit' must be a number from 1 to 2500")
    }
    let machine = request.query["machine"]
    let meant = machine == nil ? all : all.filter { $0["machine"]?.text == machine }
    return .json([name: .array(Array(meant.suffix(most)))])
  }

  private func summary(_ name: String, _ run: Board.Run) -> JSONValue {
    var members: [String: JSONValue] = ["name": .text(name)]
    members["pid"] = run.pid.map { .integer(Int64($0)) }
    for member in ["graph", "health", "seconds", "load", "generation", "waits_for_server"] {
      members[member] = run.status?[member]
    }
    members["machines"] = .integer(Int64(run.status?["machines"]?.array?.count ?? 0))
    return .object(members)
  }

  private func machines(_ name: String, _ run: Board.Run) -> [JSONValue] {
    (run.status?["machines"]?.array ?? []).map { machine in
      guard case .object(var members) = machine else { return machine }
      members["run"] = .text(name)
      members["state"] = .text(MachineState(machine).rawValue)
      return .object(members)
    }
  }

  // MARK: Changing

  private func post(_ request: Request, _ reply: @escaping @Sendable (Reply) -> Void) {
    let path = request.path
    guard path.count == 5, Array(path[..<3]) == ["api", "v1", "runs"] else {
      return reply(.problem(.notFound, "there is nothing here; POST /api/v1/runs/NAME/ACTION"))
    }
    guard board.runs[path[3]] != nil else { return reply(unknown(path[3])) }
    let parameters: JSONValue
    do {
      parameters = request.body.isEmpty ? [:] : try JSONValue(parsing: request.body)
    } catch {
      return reply(.problem(.badRequest, "the body is not JSON: \(error)"))
    }
    guard parameters.object != nil else { return reply(.problem(.badRequest, "the body must be a JSON object")) }
    call(path[3], path[4], parameters, .accepted, reply)
  }

  private func change(_ request: Request, _ reply: @escaping @Sendable (Reply) -> Void) {
    guard board.runs[request.path[3]] != nil else { return reply(unknown(request.path[3])) }
    guard let id = Int64(request.path[5]) else { return reply(.problem(.badRequest, "a change is a number")) }
    call(request.path[3], "change", ["change": .integer(id)], .ok, reply)
  }

  /// Asks the run, on a thread of its own: it may not answer.
  private func call(
    _ run: String, _ method: String, _ parameters: JSONValue, _ status: HTTPResponseStatus,
    _ reply: @escaping @Sendable (Reply) -> Void
  ) {
    let busy = Reply.problem(.serviceUnavailable, "too many requests to runs are under way; try again")
    guard board.actions < Self.actionLimit else { return reply(busy) }
    board.actions += 1
    let board = board
    let hasStarted = BackgroundThread.start("auscult-ask") {
      let result: Reply
      do {
        result = .json(try ControlClient(name: run).call(method, parameters), status)
      } catch let error as ControlError {
        result = .problem(.unprocessableEntity, error.message)
      } catch {
        result = .problem(.badGateway, "\(error)")
      }
      board.post {
        $0.actions -= 1
        reply(result)
      }
    }
    if !hasStarted {
      board.actions -= 1
      reply(busy)
    }
  }
}
