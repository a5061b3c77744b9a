import JSONText
import RunControl

/// What is answered of a run from what the server knows already.
enum RunAnswers {
  static func part(_ part: String, of name: String, _ run: Board.Run, _ request: Request) -> Reply {
    switch part {
    case "": return .json(run.status ?? ["name": .text(name)])
    case "graph":
      return run.graph.map { .json($0) }
        ?? .problem(.serviceUnavailable, "'\(name)' has not described its graph yet; a run of an older version can't")
    case "machines": return .json(["machines": .array(machines(name, run))])
    case "scores": return records(run.scores, "scores", request)
    case "events": return records(run.events, "events", request)
    case "alarms": return records(run.events.filter { $0["kind"] == "alarm" }, "alarms", request)
    default:
      return .problem(.notFound, "a run has graph, machines, scores, events, alarms, stream, clips and changes")
    }
  }

  /// The latest records, of one machine if asked for.
  private static func records(_ all: [JSONValue], _ name: String, _ request: Request) -> Reply {
    guard let most = request.limit(600, most: 2500) else { return .wrongLimit(2500) }
    let machine = request.query["machine"]
    let meant = machine == nil ? all : all.filter { $0["machine"]?.text == machine }
    return .json([name: .array(Array(meant.suffix(most)))])
  }

  static func summary(_ name: String, _ run: Board.Run) -> JSONValue {
    var members: [String: JSONValue] = ["name": .text(name)]
    members["answers"] = .boolean(run.isAnswering)
    members["pid"] = run.pid.map { .integer(Int64($0)) }
    for member in ["graph", "health", "seconds", "load", "generation", "waits_for_server"] {
      members[member] = run.status?[member]
    }
    members["machines"] = .integer(Int64(run.status?["machines"]?.array?.count ?? 0))
    return .object(members)
  }

  static func machines(_ name: String, _ run: Board.Run) -> [JSONValue] {
    (run.status?["machines"]?.array ?? []).map { machine in
      guard case .object(var members) = machine else { return machine }
      members["run"] = .text(name)
      let state = MachineState(machine)
      members["state"] = .text(state.rawValue)
      // Its scores are those from before. A raised alarm remains one.
      if !run.isAnswering, state != .alarm {
        members["state"] = .text(MachineState.overdue.rawValue)
        members["cause"] = "the run does not answer"
      }
      return .object(members)
    }
  }
}
