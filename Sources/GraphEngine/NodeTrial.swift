import GraphCompiler
import GraphText
import NodeHost

/// Makes the nodes of a graph ready and takes them down again, without running them: for a child process, in which a node
/// that crashes, exits or hangs harms nobody. What nodes complain of in good order is left to whoever makes them in earnest.
public enum NodeTrial {
  /// - Parameters:
  ///   - isMeant: nodes that are activated, too. Sources and sinks never are: they open devices, and files to write.
  ///   - entering: told of every call before it is made: which one, and whose.
  public static func run(
    _ graph: Graph, rate: Int, activating isMeant: (Graph.Node) -> Bool,
    entering: @escaping @Sendable (String, Graph.Node) -> Void
  ) {
    let services = HostServices(log: { _, _, _ in }, entering: entering)
    // Whoever watches the child says how long a call may take.
    try? services.calls.within(seconds: 1e6) { () throws(DiagnosticsError) in
      make(graph, rate: rate, services, isMeant)
    }
  }

  private static func make(_ graph: Graph, rate: Int, _ services: HostServices, _ isMeant: (Graph.Node) -> Bool) {
    guard let instances = try? graph.nodes.map({ try NodeInstance($0, graph: graph.name, services: services) }),
      (try? Compiler.negotiated(graph: graph, instances: instances, rate: rate, options: CompilerOptions())) != nil
    else { return }
    for instance in instances where isActivated(instance.node) && isMeant(instance.node) {
      guard (try? instance.activate()) != nil else { return }
    }
    for instance in instances { instance.deactivate() }
  }

  /// Whether a node of this class can be activated without touching the world.
  public static func isActivated(_ node: Graph.Node) -> Bool {
    node.nodeClass.traits.isDisjoint(with: [.source, .sink])
  }
}
