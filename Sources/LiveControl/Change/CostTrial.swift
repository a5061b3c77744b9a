import GraphEngine
import GraphText
import JSONText
import NodeHost
import OutputFiles

/// The heaviest calls of a graph's nodes: measured once on each computer, in a child process, and remembered in the cache
/// folder, so that the same graph is placed in the same way at each start.
public enum CostTrial {
  /// Seconds of processor time for each round.
  private static let seconds = 0.5
  /// The most graphs that are remembered.
  private static let most = 64

  /// - Parameters:
  ///   - rate: frames per second that the nodes are measured at.
  ///   - period: frames of the driver's cycles.
  /// - Returns: nil: not measured; nodes are then placed by their classes. Call it while the process has one thread.
  public static func costs(_ graph: Graph, probe: PluginProbe?, rate: Int, period: Int) -> NodeCosts? {
    let nodes = NodeMeasurement.nodes(of: graph)
    guard let probe, !nodes.isEmpty, nodes.count <= ProbeOutcome.mostResults / 2 else { return nil }
    let digest = TrialMemory(graph, rate: rate, activating: true)?.digest
    if let digest, let numbers = read()[digest], numbers.count == 2 * nodes.count {
      return costs(graph, nodes, numbers, period)
    }
    let outcome = probe.copy(seconds: seconds) { child in
      var round = 0
      let costs = NodeMeasurement.measure(graph, rate: rate) {
        child.begin(round, "measuring")
        round += 1
      }
      child.report((costs ?? []).flatMap { [Int64($0.nanoseconds), Int64($0.framesPerToken)] })
    }
    guard let outcome, outcome.end == .finished, outcome.results.count == 2 * nodes.count else { return nil }
    if let digest { note(digest, outcome.results) }
    return costs(graph, nodes, outcome.results, period)
  }

  private static func costs(_ graph: Graph, _ nodes: [Graph.Node], _ numbers: [Int64], _ period: Int) -> NodeCosts {
    var costs: [String: NodeCosts.Cost] = [:]
    for (index, node) in nodes.enumerated() {
      // A damaged file may hold any number.
      let (time, frames) = (min(max(0, numbers[2 * index]), 1 << 40), min(max(1, numbers[2 * index + 1]), 1 << 40))
      costs[node.name] = NodeCosts.Cost(nanoseconds: Int(time), framesPerToken: Int(frames))
    }
    return NodeCosts(graph, costs, period: period)
  }

  // MARK: The file: a list of [digest, number, ...], the latest first.

  private static var path: String? { CacheFolder.path.map { $0 + "/costs.json" } }

  private static func entries() -> [(digest: String, numbers: [Int64])] {
    guard let path, let bytes = CacheFolder.read(path), let json = try? JSONValue(parsing: bytes) else { return [] }
    return (json.array ?? []).compactMap { entry in
      guard let items = entry.array, let digest = items.first?.text else { return nil }
      return (digest, items.dropFirst().compactMap(\.integer))
    }
  }

  private static func read() -> [String: [Int64]] {
    Dictionary(entries().map { ($0.digest, $0.numbers) }) { first, _ in first }
  }

  private static func note(_ digest: String, _ numbers: [Int64]) {
    guard let path else { return }
    let others = entries().filter { $0.digest != digest }.prefix(most - 1)
    let all = [(digest: digest, numbers: numbers)] + others
    CacheFolder.write(
      JSONValue.array(all.map { .array([.text($0.digest)] + $0.numbers.map { .integer($0) }) }).json, to: path)
  }
}
