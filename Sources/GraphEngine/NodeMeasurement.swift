import GraphCompiler
import GraphText
import NodeHost

/// Measures the heaviest call of the nodes of a graph that may run on the realtime thread. It is for a child process,
/// where a node that crashes, exits or hangs does no harm.
///
/// The nodes run on noise in cycles of `NodeCosts.measuredFrames`, without detectors and sinks. Of every cycle the
/// shortest time of several rounds counts, because interruptions only add time; and the longest one is left out, because
/// the first token touches memory for the first time.
public enum NodeMeasurement {
  private static let rounds = 2
  private static let seconds = 2.0
  private static let mostCycles = 3000

  /// The nodes that are measured, in the order of the graph; none if nothing but sources would be.
  public static func nodes(of graph: Graph) -> [Graph.Node] {
    let measured = indexes(graph)
    return measured.contains { !graph.nodes[$0].nodeClass.inputs.isEmpty } ? measured.map { graph.nodes[$0] } : []
  }

  /// - Parameter beginning: called before every round.
  /// - Returns: the costs in the order of `nodes(of:)`; nil: the graph can't be measured.
  public static func measure(_ graph: Graph, rate: Int, beginning: () -> Void) -> [NodeCosts.Cost]? {
    guard let engine = try? Engine(graph: reduced(graph), options: options) else { return nil }
    let cycles = min(mostCycles, max(1, Int(seconds * Double(rate)) / NodeCosts.measuredFrames))
    var least: [String: [Int64]] = [:]
    var frames: [String: Int] = [:]
    for _ in 0..<rounds {
      beginning()
      guard let driver = try? HandDriver(engine, rate: rate), let schedule = engine.schedule else { return nil }
      for node in schedule.nodes { frames[node.name] = framesPerToken(node.runtime) }
      for (name, times) in run(driver, schedule, cycles: cycles) {
        least[name] = least[name].map { zip($0, times).map(min) } ?? times
      }
      driver.finish()
      guard engine.failedNodes.isEmpty else { return nil }
    }
    return nodes(of: graph).map { node in
      let times = (least[node.name] ?? []).sorted()
      return NodeCosts.Cost(
        nanoseconds: Int(times.dropLast().last ?? 0), framesPerToken: frames[node.name] ?? 1)
    }
  }

  private static var options: EngineOptions {
    var options = EngineOptions()
    options.workerThreads = 0
    options.isMeasured = true
    return options
  }

  /// The time of each node in each cycle.
  private static func run(_ driver: HandDriver, _ schedule: Schedule, cycles: Int) -> [String: [Int64]] {
    let nodes = schedule.nodes
    var before = nodes.map { $0.runtime.state.nanoseconds }
    var times = nodes.map { _ in [Int64]() }
    let noise = (0..<driver.engine.inputChannels.count).map { _ in whiteNoise(frames: cycles * NodeCosts.measuredFrames)
    }
    let note = {
      for (index, node) in nodes.enumerated() {
        let now = node.runtime.state.nanoseconds
        times[index].append(now - before[index])
        before[index] = now
      }
    }
    if noise.isEmpty {
      driver.run(frames: cycles * NodeCosts.measuredFrames) {
        note()
        return NodeCosts.measuredFrames
      }
    } else {
      driver.feed(noise) {
        note()
        return NodeCosts.measuredFrames
      }
    }
    note()
    return Dictionary(uniqueKeysWithValues: zip(nodes.map(\.name), times))
  }

  /// White noise within half of full scale, from a linear congruential generator (Knuth's MMIX).
  private static func whiteNoise(frames: Int) -> [Float] {
    var state: UInt64 = 1
    return (0..<frames).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: state >> 32)) / 4_294_967_296
    }
  }

  private static func framesPerToken(_ runtime: NodeRuntime) -> Int {
    guard let format = runtime.configuration.outputs.first?.format else { return 1 }
    return Int(max(1, format.period / format.denominator))
  }

  // MARK: The part of the graph

  /// Nodes that may run on the realtime thread, as all nodes before them. Sources of other classes than ours are left out,
  /// because they may open devices.
  private static func indexes(_ graph: Graph) -> [Int] {
    var kept: Set<Int> = []
    var hasGrown = true
    while hasGrown {
      hasGrown = false
      for index in graph.nodes.indices where !kept.contains(index) && mayBeMeasured(graph.nodes[index]) {
        let sources = graph.links.filter { $0.to.node == index }.map(\.from.node)
        if kept.isSuperset(of: sources) {
          kept.insert(index)
          hasGrown = true
        }
      }
    }
    return kept.sorted()
  }

  private static func mayBeMeasured(_ node: Graph.Node) -> Bool {
    let traits = node.nodeClass.traits
    guard node.nodeClass.isHard, node.placement != .worker, !traits.contains(.sink), !traits.contains(.detector) else {
      return false
    }
    return !traits.contains(.source) || ["source", "source.synth"].contains(node.nodeClass.name)
  }

  private static func reduced(_ graph: Graph) -> Graph {
    let kept = indexes(graph)
    let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
    var result = graph
    result.nodes = kept.map { graph.nodes[$0] }
    result.links = graph.links.compactMap { link in
      guard let from = places[link.from.node], let to = places[link.to.node] else { return nil }
      return Graph.Link(
        from: .init(node: from, port: link.from.port), to: .init(node: to, port: link.to.port), location: link.location)
    }
    return result
  }
}
