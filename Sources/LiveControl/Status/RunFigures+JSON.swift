import GraphEngine
import Isolation
import JACKDriver
import Records
import RunControl

/// The answer of the control protocol's method `status`.
extension RunFigures {
  public var json: JSONValue {
    let it = statistics
    return .members([
      "name": .text(name), "graph": .text(graph), "file": file.map { .text($0) }, "driver": "jack",
      "server": .text(driver.server), "waits_for_server": .boolean(driver.isWaitingForServer),
      "rate": .integer(rate), "period": .integer(driver.period), "seconds": .number(seconds),
      "position": .integer(it.position), "frames": .integer(it.frames), "cycles": .integer(it.cycles),
      "gaps": .integer(it.gaps), "lost_frames": .integer(it.lostFrames), "dropped_tokens": .integer(it.droppedTokens),
      "unmatched_tokens": .integer(it.unmatched), "xruns": .integer(it.xruns), "overruns": .integer(driver.overruns),
      "late": .integer(it.late), "longest_cycle_ns": .integer(it.cycleTimes.longest),
      "cycle_p50_ns": .integer(it.cycleTimes.median), "cycle_p99_ns": .integer(it.cycleTimes.p99),
      "cycle_p999_ns": .integer(it.cycleTimes.p999),
      "load": .number(load), "failed_nodes": .texts(failedNodes), "late_nodes": .texts(lateNodes),
      "abandoned": .object(abandoned.mapValues { .integer(Int64($0)) }),
      "not_finite_inputs": .integer(it.notFiniteInputs),
      "blocked_outputs": .array(blockedOutputs.map(\.json)), "lost_by_outputs": .integer(lostByOutputs),
      "quarantine": .array(quarantine.map(\.json)), "figures": .object(figuresByNode),
      "isolated": .array(isolated.map(\.json)),
      "nodes": .array(it.nodes.map(\.json)), "health": .text(health), "machines": .array(machines.map(\.json)),
      "queues": .array(it.queues.map(\.json)), "generation": .integer(generation),
      "graph_hash": .text(graphHash), "swap": swap?.json,
      "ports": .array(driver.ports.map(\.json)), "training": training?.json,
    ])
  }

  /// An object for each node that reports figures.
  private var figuresByNode: [String: JSONValue] {
    Dictionary(grouping: nodeFigures) { $0.node }.mapValues { figures in
      .object(
        Dictionary(figures.map { ($0.name, Int64(exactly: $0.value).map { .integer($0) } ?? .number($0.value)) }) { $1 }
      )
    }
  }

  /// The answer with a member `kind`.
  public func json(kind: String) -> JSONValue {
    guard case .object(var members) = json else { return json }
    members["kind"] = .text(kind)
    return .object(members)
  }
}

extension PortState {
  /// `since` is a time of the wall clock, `position` the frame position then.
  public var json: JSONValue {
    .members([
      "port": .text(port), "direction": .text(isInput ? "input" : "output"), "node": .text(node),
      "channel": .integer(channel), "machine": machine.map { .text($0) }, "connect": .texts(connect),
      "connected": .boolean(isConnected), "since": .text(wallTimeText(since)), "position": .integer(position),
      "peers": .array(
        peers.map {
          ["port": .text($0.port), "since": .text(wallTimeText($0.since)), "position": .integer($0.position)]
        }),
    ])
  }
}

extension BlockedOutput {
  fileprivate var json: JSONValue {
    ["node": .text(node), "problem": .text(problem), "since": .text(wallTimeText(since))]
  }
}

extension IsolationState {
  fileprivate var json: JSONValue {
    .members([
      "node": .text(node), "process": process.map { .integer($0) }, "restarts": .integer(restarts),
      "last_end": lastEnd.map { .text($0) }, "limits": .texts(limits),
    ])
  }
}

extension QuarantineState {
  fileprivate var json: JSONValue {
    .members([
      "node": .text(node), "out": .boolean(isOut), "reason": .text(reason), "failures": .integer(failures),
      "next_seconds": seconds.map { .number($0) }, "stays_out": staysOut.map { .text($0) },
    ])
  }
}

extension EngineStatistics.Node {
  /// `busy_ns` is known of nodes on workers only: the audio thread does not look at the clock for each node.
  fileprivate var json: JSONValue {
    .members([
      "name": .text(name), "calls": .integer(calls), "failed": .boolean(hasFailed), "thread": .text(placement),
      "busy_ns": nanoseconds > 0 ? .integer(nanoseconds) : nil, "latency_frames": .integer(latency),
      "path_latency_frames": .integer(pathLatency),
    ])
  }
}

extension EngineStatistics.Queue {
  fileprivate var json: JSONValue {
    ["from": .text(from), "to": .text(to), "dropped_tokens": .integer(droppedTokens)]
  }
}
