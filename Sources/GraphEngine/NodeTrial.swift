import GraphCompiler
import GraphText
import NodeHost

/// Creates and prepares the nodes of a graph and takes them down again, without running them. It is for a child
/// process, where a node that crashes, exits or hangs does no harm. Ignores the nodes' errors: the parent reports them
/// when it creates the nodes itself.
public enum NodeTrial {
  /// - Parameters:
  ///   - isMeant: the nodes to activate, too. Never sources and sinks: they open devices and output files.
  ///   - entering: called before every call with the function and the node.
  public static func run(
    _ graph: Graph, rate: Int, activating isMeant: (Graph.Node) -> Bool,
    entering: @escaping @Sendable (String, Graph.Node) -> Void
  ) {
    let services = HostServices(log: { _, _, _ in }, entering: entering)
    // The parent process limits the time of a call.
    try? services.calls.within(seconds: 1e6) { () throws(DiagnosticsError) in
      make(graph, rate: rate, services, isMeant)
    }
  }

  private static func make(_ graph: Graph, rate: Int, _ services: HostServices, _ isMeant: (Graph.Node) -> Bool) {
    guard let instances = try? graph.nodes.map({ try NodeInstance($0, graph: graph.name, services: services) }),
      (try? Compiler.compile(graph: graph, instances: instances, rate: rate, options: CompilerOptions())) != nil
    else { return }
    for instance in instances where isActivated(instance.node) && isMeant(instance.node) {
      guard (try? instance.activate()) != nil else { return }
    }
    for instance in instances { instance.deactivate() }
  }

  /// Whether a node of this class can be activated without external effects.
  public static func isActivated(_ node: Graph.Node) -> Bool {
    node.nodeClass.traits.isDisjoint(with: [.source, .sink])
  }
}
