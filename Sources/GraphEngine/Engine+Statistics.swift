import NodeABI
import RealtimeCore

/// Counters of a running engine.
public struct EngineStatistics: Sendable {
  public struct Node: Sendable {
    public var name: String
    public var calls: Int64
    /// Time in `process`; 0 for realtime nodes that are not measured.
    public var nanoseconds: Int64
    public var hasFailed: Bool
    /// "realtime" or "worker".
    public var placement: String
    /// In driver frames: of this node alone, and of the whole path including it.
    public var latency: Int64
    public var pathLatency: Int64
    /// What each output yields.
    public var outputs: [StreamKinds]
  }
  public struct Queue: Sendable {
    public var from: String
    public var to: String
    public var droppedTokens: Int64
  }
  public var position: Int64
  public var cycles: Int64
  public var frames: Int64
  public var gaps: Int64
  public var lostFrames: Int64
  public var xruns: Int64
  public var late: Int64
  public var unmatched: Int64
  /// Looks at the driver's inputs that found samples that are not finite. Each input is looked at now and then.
  public var notFiniteInputs: Int64
  public var cycleTimes: CycleQuantiles
  public var busyNanoseconds: Int64
  public var nodes: [Node]
  public var queues: [Queue]

  public var droppedTokens: Int64 { queues.reduce(0) { $0 + $1.droppedTokens } }
}

extension Engine {
  /// "sha256:..." of the nodes, parameters and links of the graph of a generation that this engine has had; "" of others.
  public func graphHash(of generation: Int) -> String {
    services.graphHashes[UInt32(truncatingIfNeeded: generation)].map { String(cString: $0) } ?? ""
  }

  /// Thread: control. The times of running nodes are read without a lock, so they are approximate.
  public var statistics: EngineStatistics {
    let counters = realtime.state
    var result = EngineStatistics(
      position: counters.pointee.position.load(ordering: .relaxed),
      cycles: counters.pointee.counters.cycles.load(ordering: .relaxed),
      frames: counters.pointee.counters.frames.load(ordering: .relaxed),
      gaps: counters.pointee.counters.gaps.load(ordering: .relaxed),
      lostFrames: counters.pointee.counters.lostFrames.load(ordering: .relaxed),
      xruns: counters.pointee.counters.xruns.load(ordering: .relaxed),
      late: counters.pointee.counters.late.load(ordering: .relaxed),
      unmatched: counters.pointee.counters.unmatched.load(ordering: .relaxed),
      notFiniteInputs: counters.pointee.counters.notFiniteInputs.load(ordering: .relaxed),
      cycleTimes: counters.pointee.cycleTimes.quantiles,
      busyNanoseconds: counters.pointee.counters.busy.load(ordering: .relaxed), nodes: [], queues: [])
    guard let schedule else { return result }
    for worker in schedule.workers { result.unmatched += worker.unmatched.load(ordering: .relaxed) }
    let taps = Set(schedule.nodes.filter(\.isTap).map(\.runtime.number))
    let paths = schedule.pathLatencies
    result.nodes = schedule.graphNodes.map { node in
      let state = node.runtime.state
      let configuration = node.runtime.configuration
      return EngineStatistics.Node(
        name: node.name, calls: state.calls, nanoseconds: state.nanoseconds, hasFailed: state.hasFailed,
        placement: node.runtime.placement.rawValue, latency: configuration.latency,
        pathLatency: paths[node.runtime.number] ?? 0,
        outputs: configuration.outputs.map { StreamKinds(rawValue: $0.format.kind) })
    }
    result.queues = schedule.links.filter { !taps.contains($0.key.to) }.sorted {
      ($0.value.fromName, $0.value.toName) < ($1.value.fromName, $1.value.toName)
    }
    .map {
      EngineStatistics.Queue(from: $0.value.fromName, to: $0.value.toName, droppedTokens: $0.value.ring.pointee.dropped)
    }
    return result
  }
}
