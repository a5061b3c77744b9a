import GraphEngine
import GraphText
import LiveControl
import Models
import NodeHost
import RunControl
import SystemCalls
import Training

/// A graph that runs, as `auscult accept` needs it: the graph that judges now, its detector, and its models.
struct LearningRun {
  /// Of the run.
  let name: String
  let graph: Graph
  /// The detector that learns.
  let node: String
  /// Path of the model that judges now.
  let model: String
  let header: ModelFile
  /// Path of the model that the next start reads, by the graph's file and the command line; nil: it is another detector's.
  let lasting: String?
  /// The machines that the detector judges.
  let machines: [String]
  /// Frames per second.
  let rate: Int

  /// - Parameter node: name of the detector; nil: the only one.
  /// - Throws: `Failure`, `DiagnosticsError`: why its detector can't learn.
  init(_ name: String, node: String?, _ catalog: PluginCatalog) throws {
    // During a change, the source is still that of the graph before.
    let swap = try RunLookup.settled(name)
    let (status, answer) = try RunLookup.client(name) { (try $0.call("status"), try $0.call("source")) }
    guard let source = GraphSource(answer), let rate = status["rate"]?.integer else {
      throw Failure("'\(name)' was started by an older auscult: start it again")
    }
    if status["training"] != nil { throw Failure("'\(name)' still learns; wait until it judges") }
    if swap["stage"] == "shadowing" {
      throw Failure(
        "a candidate runs in the shadow of '\(name)' already",
        advice: "end it by `auscult promote` or `auscult discard`")
    }
    let graph = try source.load(catalog).graph
    let detector = try Failure.wording { try graph.detector(node) }
    guard detector.nodeClass.traits.contains(.trainable), let model = Self.model(of: detector) else {
      throw Failure(
        "'\(detector.name)' (\(detector.nodeClass.name)) has no model: it learns when the watch starts, and can't be taught",
        advice: "use a trained detector, as graphs/machine.yaml does")
    }
    do { header = try OpenModel(path: model).header } catch { throw Failure(error.description) }
    guard header.labels.isEmpty else {
      throw Failure("'\(detector.name)' (\(detector.nodeClass.name)) is a classifier: it does not learn what is normal")
    }
    (self.name, self.graph, self.node, self.model, self.rate) = (name, graph, detector.name, model, Int(rate))
    machines = try graph.machines(at: detector.name, rate: Int(rate))
    lasting = Self.lasting(source, detector, catalog)
  }

  private static func model(of detector: Graph.Node) -> String? {
    if case .text(let path)? = detector.argument("model")?.value { path } else { nil }
  }

  /// The model by the command line that started the run, without later changes.
  private static func lasting(_ source: GraphSource, _ detector: Graph.Node, _ catalog: PluginCatalog) -> String? {
    var start = source
    start.overrides.removeAll { $0.origin != OverrideText.commandLine }
    guard let node = try? start.load(catalog).graph.nodes.first(where: { $0.name == detector.name }),
      node.nodeClass.name == detector.nodeClass.name
    else { return nil }
    return model(of: node)
  }

  /// The graph for recordings of one machine each.
  var forRecordings: Graph { machines.count > 1 ? graph.withOneChannel : graph }

  /// The rule that set the present thresholds.
  var rule: ThresholdRule? {
    header.machines.lazy.compactMap { $0.calibration["rule"]?.text }.first.flatMap { ThresholdRule($0) }
  }

  /// The outputs of a class, each with its path.
  func outputs(_ className: String) -> [String] {
    graph.nodes.filter { $0.nodeClass.name == className }.compactMap { node in
      if case .text(let path)? = node.argument("path")?.value { path } else { nil }
    }
  }
}

extension RunLookup {
  /// Waits until a run's change is over, and its new nodes have proved themselves; gives up after a minute.
  ///
  /// - Returns: `swap` of its status.
  static func settled(_ name: String) throws -> JSONValue {
    var swap = JSONValue.null
    let isSettled = try Polling.wait(seconds: 60, every: .milliseconds(200)) {
      swap = try RunLookup.client(name) { try $0.call("status") }["swap"] ?? .null
      return !["warming", "exchanging", "probation", "retiring"].contains(swap["stage"]?.text ?? "")
    }
    guard isSettled else {
      throw Failure("a change of '\(name)' is in progress", advice: "wait for its end, or end it by `auscult discard`")
    }
    return swap
  }
}
