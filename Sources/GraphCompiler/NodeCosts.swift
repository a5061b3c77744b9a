import Graph
import NodeHost

/// What each node's heaviest call took when its graph was measured, and the share of a period that a node may take on
/// the realtime thread.
public struct NodeCosts: Sendable {
  /// Frames of the cycles that are measured.
  public static let measuredFrames = 64
  /// A node that takes more of the period than this runs on a worker, unless the graph says otherwise.
  public static let share = 0.25

  /// The measurement of one node.
  public struct Cost: Sendable, Equatable {
    /// Of its heaviest call.
    public var nanoseconds: Int
    /// Driver frames between two tokens of its first output; at least 1.
    public var framesPerToken: Int

    public init(nanoseconds: Int, framesPerToken: Int) {
      self.nanoseconds = nanoseconds
      self.framesPerToken = max(1, framesPerToken)
    }
  }

  /// Frames of the driver's cycles.
  public var period: Int
  private let costs: [String: (node: Graph.Node, cost: Cost)]

  /// - Parameter costs: of the graph's nodes, by name; some may be missing.
  public init(_ graph: Graph, _ costs: [String: Cost], period: Int) {
    self.period = period
    self.costs = Dictionary(
      uniqueKeysWithValues: graph.nodes.compactMap { node in costs[node.name].map { (node.name, (node, $0)) } })
  }

  /// What the node takes at most in one cycle, as far as the measurement tells; nil: it was not measured as it is.
  public func load(of node: Graph.Node, rate: Int) -> Load? {
    guard let (measured, cost) = costs[node.name], measured.isAlike(node) else { return nil }
    // A token comes at most once in a call that is no longer than the frames between two.
    let frames = max(Self.measuredFrames, cost.framesPerToken)
    let calls = (period + frames - 1) / frames
    return Load(
      nanoseconds: cost.nanoseconds * calls,
      share: Double(cost.nanoseconds * calls) * 1e-9 * Double(rate) / Double(period))
  }

  /// What a node takes of a cycle.
  public struct Load: Sendable, Equatable {
    public var nanoseconds: Int
    /// Of the period.
    public var share: Double

    var fits: Bool { share <= NodeCosts.share }
  }
}

extension Graph.Node {
  /// The same class, build and parameters.
  fileprivate func isAlike(_ other: Graph.Node) -> Bool {
    nodeClass.library.buildID == other.nodeClass.library.buildID && nodeClass.name == other.nodeClass.name
      && nodeClass.parameters.allSatisfy { argument($0.name)?.value == other.argument($0.name)?.value }
  }
}
