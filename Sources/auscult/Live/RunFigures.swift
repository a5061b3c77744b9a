import GraphEngine
import JACKDriver
import Records
import RunControl

/// How a live run is doing, at one moment.
struct RunFigures: Sendable {
  /// The client's name and the graph's.
  var name: String
  var graph: String
  var file: String?
  var server: String
  /// It is not there, or has another rate.
  var waitsForServer: Bool
  var rate: Int
  /// Frames in a cycle.
  var period: Int
  /// Since the run began.
  var seconds: Double
  var statistics: EngineStatistics
  /// Cycles that ended after the next one was to begin.
  var overruns: Int64
  var failedNodes: [String]
  /// Nodes that have not returned from a call for long: "judge (process)".
  var lateNodes: [String]
  /// Outputs that can't be written now.
  var blockedOutputs: [BlockedOutput]
  /// Tokens that outputs had to let go of.
  var lostByOutputs: Int
  var machines: [MachineHealth]
  /// Of the graph; grows with every change.
  var generation: Int
  /// The change that is under way, or the last one.
  var swap: SwapStatus?
  /// Our ports, and what they are connected to.
  var ports: [PortState]
  /// How far `train --live` is; nil once it watches.
  var training: JSONValue?

  /// Thread: control.
  init(
    name: String, server: String, rate: Int, began: ContinuousClock.Instant, engine: Engine, control: DriverControl,
    machines: [MachineHealth], training: JSONValue?
  ) {
    self.machines = machines
    self.name = name
    self.training = training
    graph = engine.graph.name
    file = engine.graph.file
    self.server = server
    waitsForServer = control.isWaitingForServer
    self.rate = rate
    period = control.period
    seconds = (ContinuousClock.now - began) / .seconds(1)
    statistics = engine.statistics
    overruns = control.overruns
    ports = control.ports
    failedNodes = statistics.nodes.filter(\.hasFailed).map(\.name).sorted()
    lateNodes = engine.lateNodes.map { "\($0.node) (\($0.function))" }.sorted()
    blockedOutputs = engine.blockedOutputs
    lostByOutputs = engine.lostByOutputs
    swap = engine.swapStatus
    let judges = engine.isSwapping && swap?.position != nil && swap?.reason == nil
    generation =
      judges ? swap!.generation : engine.isSwapping ? swap?.returnGeneration ?? engine.generation : engine.generation
  }

  var json: JSONValue {
    let it = statistics
    return .members([
      "name": .text(name), "graph": .text(graph), "file": file.map { .text($0) }, "driver": "jack",
      "server": .text(server), "waits_for_server": .boolean(waitsForServer), "rate": .integer(rate),
      "period": .integer(period), "seconds": .number(seconds),
      "position": .integer(it.position), "frames": .integer(it.frames), "cycles": .integer(it.cycles),
      "gaps": .integer(it.gaps), "lost_frames": .integer(it.lostFrames), "dropped_tokens": .integer(it.droppedTokens),
      "unmatched_tokens": .integer(it.unmatched), "xruns": .integer(it.xruns), "overruns": .integer(overruns),
      "late": .integer(it.late), "longest_cycle_ns": .integer(it.longestCycleNanoseconds),
      "load": .number(load), "failed_nodes": .texts(failedNodes), "late_nodes": .texts(lateNodes),
      "blocked_outputs": .array(blockedOutputs.map(\.json)), "lost_by_outputs": .integer(lostByOutputs),
      "nodes": .array(it.nodes.map(\.json)), "health": .text(health), "machines": .array(machines.map(\.json)),
      "queues": .array(it.queues.map(\.json)), "generation": .integer(generation), "swap": swap?.json,
      "ports": .array(ports.map(\.json)), "training": training,
    ])
  }

  /// With what it is.
  func json(kind: String) -> JSONValue {
    guard case .object(var members) = json else { return json }
    members["kind"] = .text(kind)
    return .object(members)
  }

  /// Of the machine that is worst off, or of a node that failed, or of an output that can't be written.
  var health: String {
    if !failedNodes.isEmpty { return MachineHealth.State.failed.rawValue }
    let states = machines.map(\.state)
    let worst = MachineHealth.State.allCases.last { states.contains($0) } ?? .ok
    return worst == .ok && !blockedOutputs.isEmpty ? "blocked" : worst.rawValue
  }

  /// The part of the sound's time that the realtime thread computes.
  var load: Double {
    statistics.frames == 0
      ? 0 : Double(statistics.busyNanoseconds) / 1e9 / (Double(statistics.frames) / Double(rate))
  }

  /// What a run says at its end.
  var summary: String {
    let it = statistics
    let lost = it.gaps == 0 ? "no gap" : "\(Quantity.count(it.gaps, "gap")) (\(it.lostFrames) frames lost)"
    let dropped = it.droppedTokens == 0 ? "nothing dropped" : "\(Quantity.count(it.droppedTokens, "token")) dropped"
    let longest = Quantity.milliseconds(Double(it.longestCycleNanoseconds) / 1e6)
    let limit = Quantity.milliseconds(Double(period) * 1000 / Double(rate))
    return "'\(name)' ran for \(Quantity.seconds(seconds)): \(it.frames) frames in "
      + "\(Quantity.count(it.cycles, "cycle")), \(lost), \(dropped), \(Quantity.count(it.xruns, "xrun")); longest cycle \(longest) of \(limit)"
  }
}

extension PortState {
  /// `since` is a time of the wall clock, `position` the frame position then.
  var json: JSONValue {
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

extension EngineStatistics.Node {
  fileprivate var json: JSONValue {
    ["name": .text(name), "calls": .integer(calls), "failed": .boolean(hasFailed)]
  }
}

extension EngineStatistics.Queue {
  fileprivate var json: JSONValue {
    ["from": .text(from), "to": .text(to), "dropped_tokens": .integer(droppedTokens)]
  }
}
