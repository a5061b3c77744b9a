import LiveControl
import RunControl

/// How many machines one core carries, for people and for programs.
struct MachineReport {
  private let result: MachineSearch.Result
  private let graph: String
  private let rate: Int
  private let period: Int

  init(_ result: MachineSearch.Result, graph: String, rate: Int, period: Int) {
    self.result = result
    self.graph = graph
    self.rate = rate
    self.period = period
  }

  var text: String {
    var table = Table([
      ("machines", .right), ("99.9 % of cycles", .right), ("one core", .right), ("core a machine", .right),
      ("memory", .right), ("", .left),
    ])
    for load in result.loads {
      table.add([
        "\(load.machines)", percent(load.latePart), percent(load.processor),
        "\(Quantity.fixed(100 * load.processor / Double(load.machines), 3)) %", Quantity.bytes(load.memory),
        load.holds ? "holds" : "too slow",
      ])
    }
    return """
      '\(graph)' at \(rate) Hz, \(Quantity.count(period, "frame")) a cycle, on one core
      \(table.text)

      \(conclusion)
      """
  }

  private var conclusion: String {
    guard let best = result.best else { return "one core does not carry the graph as it is" }
    let end = result.limit.map { "; more were not tried: \($0)" } ?? ""
    return "one core carries \(Quantity.count(best.machines, "machine"))\(end)"
  }

  private func percent(_ share: Double) -> String { "\(Quantity.fixed(100 * share, 1)) %" }

  var json: JSONValue {
    .members([
      "graph": .text(graph), "rate": .integer(rate), "period": .integer(period),
      "machines": .integer(result.best?.machines ?? 0), "limit": result.limit.map { .text($0) },
      "loads": .array(
        result.loads.map {
          [
            "machines": .integer($0.machines), "p999_of_period": .number($0.latePart),
            "core": .number($0.processor), "memory": .integer($0.memory), "holds": .boolean($0.holds),
          ]
        }),
    ])
  }
}
