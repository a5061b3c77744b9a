import GraphEngine
import GraphText
import LiveControl
import NodeHost
import RunControl

/// The result of `check` for one file.
struct CheckReport {
  let file: String
  let rate: Int
  let period: Int
  private(set) var diagnostics: [Diagnostic] = []
  private(set) var graph: Graph?
  /// Nil if there are errors.
  private(set) var nodes: [NodeDescription]?

  /// - Parameters:
  ///   - text: of the file, instead of its content.
  ///   - names: under which it runs, besides its own.
  ///   - loads: runs the code that it names: libraries and programs.
  init(
    _ file: String, text: String?, names: [String], loads: Bool, changes: GraphChanges, catalog: PluginCatalog,
    rate: Int, period: Int
  ) {
    self.file = file
    self.period = period
    self.rate = rate
    do throws(DiagnosticsError) {
      var options = GraphOptions(missingFilesAreErrors: false)
      options.runsNamedCode = loads
      let (graph, warnings) =
        if let text {
          try Graph.load(text: text, file: file, catalog: catalog, overrides: changes.overrides, options: options)
        } else {
          try Graph.load(file: file, catalog: catalog, overrides: changes.overrides, options: options)
        }
      diagnostics = warnings
      self.graph = graph
      diagnostics += graph.exposures.map {
        graph.diagnostic(.warning, code: "exposed-library", message: $0.description, at: nil)
      }
      if graph.isPartial { return }
      try GraphTrial.examine(graph, probe: catalog.probe, rate: rate, activating: false)
      var engineOptions = CheckReport.options(graph, names)
      engineOptions.costs = CostTrial.costs(graph, probe: catalog.probe, rate: rate, period: period)
      let engine = try Engine(graph: graph, options: engineOptions)
      nodes = try engine.check(rate: rate)
      diagnostics += engine.warnings
    } catch {
      diagnostics += error.diagnostics
    }
  }

  /// If this graph runs, the files that it writes now are its own.
  private static func options(_ graph: Graph, _ names: [String]) -> EngineOptions {
    var options = EngineOptions()
    let runs = ControlClient.running().filter { $0.name == graph.name || names.contains($0.name) }
    options.outputs.ownProcesses.formUnion(runs.compactMap(\.pid))
    return options
  }

  var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// Driver frames from a sample's arrival to the last result that it is part of.
  private var latency: Int64 { nodes?.map(\.pathLatency).max() ?? 0 }
  private var memory: Int { nodes?.reduce(0) { $0 + $1.memory } ?? 0 }

  /// A heading, a table, the sums; nil if there are errors.
  var text: String? {
    if let graph, graph.isPartial { return "\(file.shown): '\(graph.name)': checked without the code that it names" }
    guard let graph, let nodes else { return nil }
    var table = Table([
      ("node", .left), ("class", .left), ("thread", .left), ("output", .left), ("latency", .right), ("path", .right),
      ("memory", .right), ("worst", .right), ("of period", .right), ("placed by", .left),
    ])
    for node in nodes { add(node, to: &table) }
    return """
      \(file.shown): '\(graph.name)' at \(rate) Hz, \(Quantity.count(period, "frame")) a cycle
      \(table.text)
      latency of the whole path: \(Quantity.frames(latency, rate: rate)); memory: \(Quantity.bytes(memory))
      """
  }

  /// One line per output; the first one also has the figures of the whole node.
  private func add(_ node: NodeDescription, to table: inout Table) {
    let formats = node.outputs.map { node.outputs.count > 1 ? "\($0.name): \($0.format)" : $0.format }
    table.add([
      node.name, node.className, node.placement, formats.first ?? "-", Quantity.frames(node.latency, rate: rate),
      Quantity.frames(node.pathLatency, rate: rate), Quantity.bytes(node.memory),
      node.load.map { "\(Quantity.fixed(Double($0.nanoseconds) / 1000, 1)) µs" } ?? "-",
      node.load.map { "\(Quantity.fixed(100 * $0.share, 1)) %" } ?? "-", node.reason,
    ])
    for format in formats.dropFirst() { table.add(["", "", "", format, "", "", "", "", "", ""]) }
  }

  var json: JSONValue {
    .members([
      "file": .text(file), "graph": graph.map { .text($0.name) }, "rate": .integer(rate),
      "period": .integer(period),
      "diagnostics": .array(diagnostics.map { JSONValue($0) }),
      "nodes": nodes.map { .array($0.map { $0.json(rate: rate) }) }, "latency": nodes.map { _ in json(latency) },
      "memory": nodes.map { _ in .integer(memory) }, "partial": graph.map { .boolean($0.isPartial) },
    ])
  }

  private func json(_ frames: Int64) -> JSONValue { .latency(frames, rate: rate) }
}

extension NodeDescription {
  fileprivate func json(rate: Int) -> JSONValue {
    .members([
      "name": .text(name), "class": .text(className), "thread": .text(placement), "placed_by": .text(reason),
      "worst_ns": load.map { .integer($0.nanoseconds) }, "share_of_period": load.map { .number($0.share) },
      "outputs": .array(
        outputs.map { ["name": .text($0.name), "format": .text($0.format), "capacity": .integer($0.capacity)] }),
      "latency": .latency(latency, rate: rate), "path_latency": .latency(pathLatency, rate: rate),
      "history_frames": .integer(history), "memory": .integer(memory),
    ])
  }
}

extension JSONValue {
  /// Frames, and the same in milliseconds.
  fileprivate static func latency(_ frames: Int64, rate: Int) -> JSONValue {
    ["frames": .integer(frames), "milliseconds": .number(Double(frames) * 1000 / Double(rate))]
  }
}
