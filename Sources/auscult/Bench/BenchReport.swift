import LiveControl
import RunControl

/// The figures of a measurement, for people and for programs.
struct BenchReport {
  private let figures: BenchFigures
  private let graph: String

  init(_ figures: BenchFigures, graph: String) {
    self.figures = figures
    self.graph = graph
  }

  var text: String {
    var table = Table([("node", .left), ("class", .left), ("thread", .left), ("ns/cycle", .right), ("share", .right)])
    let all = figures.allNodes
    for node in figures.nodes {
      table.add([
        node.name, node.className, node.placement, Quantity.fixed(node.nanosecondsPerCycle, 0),
        "\(Quantity.fixed(100 * node.nanosecondsPerCycle / max(all, 1e-9), 1)) %",
      ])
    }
    let limit = Double(figures.period) * 1e9 / Double(figures.rate)
    return """
      '\(graph)' at \(figures.rate) Hz, \(Quantity.count(figures.period, "frame")) a cycle: \
      \(Quantity.seconds(figures.seconds)) of \(figures.sound)
      \(table.text)

      realtime thread   \(Quantity.fixed(figures.cycleNanoseconds, 0)) ns per cycle of \(Quantity.fixed(limit, 0)) ns, \
      its nodes \(Quantity.fixed(figures.realtimeNodes, 0)) ns
      cycle times       half at most \(figures.cycleTimes.median) ns, 99 % \(figures.cycleTimes.p99) ns, \
      99.9 % \(figures.cycleTimes.p999) ns, 99.99 % \(figures.cycleTimes.p9999) ns, \
      longest \(figures.cycleTimes.longest) ns
      engine overhead   \(Quantity.fixed(figures.overheadNanoseconds, 1)) ns per node and cycle (one time stamp: \
      \(Quantity.fixed(figures.stampNanoseconds, 1)) ns)
      run over a file   \(Quantity.fixed(figures.run.total, 0)) ns of processor time per cycle: \(parts)
      resident memory   \(Quantity.bytes(figures.residentMemory)), \(Quantity.bytes(figures.addedMemory)) of it by the graph
      real-time factor  \(Quantity.fixed(figures.factor, 0)) on one core, \
      \(Quantity.fixed(figures.realtimeFactor, 0)) of the realtime thread alone
      """
  }

  private var parts: String {
    let parts = [
      ("nodes", figures.allNodes), ("engine", figures.engine), ("reading", figures.run.reading),
      ("feeding, queues and waking", figures.driver),
    ]
    return parts.map { "\($0) \(Quantity.fixed($1, 0))" }.joined(separator: ", ")
  }

  var json: JSONValue {
    [
      "graph": .text(graph), "sound": .text(figures.sound), "rate": .integer(figures.rate),
      "period": .integer(figures.period), "seconds": .number(figures.seconds),
      "nodes": .array(
        figures.nodes.map {
          [
            "name": .text($0.name), "class": .text($0.className), "thread": .text($0.placement),
            "ns_per_cycle": .number($0.nanosecondsPerCycle),
          ]
        }), "cycle_ns": .number(figures.cycleNanoseconds),
      "cycle_p50_ns": .integer(figures.cycleTimes.median), "cycle_p99_ns": .integer(figures.cycleTimes.p99),
      "cycle_p999_ns": .integer(figures.cycleTimes.p999), "cycle_p9999_ns": .integer(figures.cycleTimes.p9999),
      "cycle_max_ns": .integer(figures.cycleTimes.longest),
      "overhead_ns_per_node_and_cycle": .number(figures.overheadNanoseconds),
      "stamp_ns": .number(figures.stampNanoseconds), "run_ns_per_cycle": .number(figures.run.total),
      "run_parts": [
        "nodes_ns": .number(figures.allNodes), "engine_ns": .number(figures.engine),
        "reading_ns": .number(figures.run.reading), "driver_ns": .number(figures.driver),
      ], "memory": ["resident": .integer(figures.residentMemory), "graph": .integer(figures.addedMemory)],
      "factor": .number(figures.factor),
      "realtime_factor": .number(figures.realtimeFactor),
    ]
  }
}
