import GraphEngine
import GraphText
import JACKDriver
import NodeHost

/// What the checks look at. Later checks use what earlier ones have found.
final class Examination {
  let graph: Graph?
  let catalog: PluginCatalog
  /// Name of the JACK server; nil: JACK's default.
  let server: String?
  /// Nil: no server answers, or the check has not run.
  var meter: PortMeter?
  /// The graph's run on noise; nil: there is no graph, or the check has not run.
  var trial: GraphMeasurement?

  init(graph: Graph?, catalog: PluginCatalog, server: String?) {
    self.graph = graph
    self.catalog = catalog
    self.server = server
  }

  /// What is wrong with the rights of plugins, those that the graph names included.
  var exposures: [Exposure] {
    catalog.exposures + (graph?.exposures ?? [])
  }

  /// All checks, in their order.
  static var checks: [any DoctorCheck.Type] {
    [
      RealtimeCheck.self, MemoryLockCheck.self, GovernorCheck.self, ClockCheck.self, PluginCheck.self, ServerCheck.self,
      GraphCheck.self, PortCheck.self, DiskCheck.self,
    ]
  }
}
