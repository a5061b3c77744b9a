import JSONText
import TextEscapes

extension Comparison {
  /// The command's output and the report's: figures of each graph, its machines and seeds. Undefined figures are
  /// absent.
  public func json(_ figures: ComparisonFigures) -> JSONValue {
    var members: [String: JSONValue] = [
      "task": isClassification ? "classification" : "anomaly", "data": .text(source),
      "seeds": .array(seeds.map { .integer(Int64(bitPattern: $0)) }),
      "recordings": .object(
        Dictionary(uniqueKeysWithValues: recordings.map { ($0.rawValue, .integer(Int64($1))) })),
      "graphs": .array(rows.indices.map { json(rows[$0], figures.rows[$0]) }),
    ]
    if let reference = figures.reference { members["reference"] = .text(rows[reference].path) }
    return .object(members)
  }

  private var quality: String { isClassification ? "accuracy" : "auc" }

  private func json(_ row: Row, _ figures: ComparisonFigures.Row?) -> JSONValue {
    var members: [String: JSONValue] = ["file": .text(row.path)]
    if !row.graph.isEmpty { members["graph"] = .text(row.graph) }
    if !row.node.isEmpty { members["node"] = .text(row.node) }
    if !row.className.isEmpty {
      members["class"] = .text(row.className)
      members["front_end"] = .array(row.frontEnd.map { .text($0) })
    }
    if let failure = row.failure { members["error"] = .text(failure) }
    guard let figures else { return .object(members) }
    add(quality, figures.quality, to: &members)
    add("pauc", figures.pauc, to: &members)
    add("flagged_normal", figures.flagged, to: &members)
    if let difference = figures.difference {
      add("difference", difference, to: &members)
      members["common_recordings"] = .integer(Int64(figures.common))
    }
    members["judged_recordings"] = .integer(Int64(Set(row.results.flatMap { $0.recordings.map(\.path) }).count))
    members["machines"] = .object(
      Dictionary(
        uniqueKeysWithValues: figures.machines.map { machine in
          var members: [String: JSONValue] = [:]
          add(quality, machine.quality, to: &members)
          add("pauc", machine.pauc, to: &members)
          add("flagged_normal", machine.flagged, to: &members)
          return (machine.name, .object(members))
        }))
    members["by_seed"] = .array(
      zip(figures.seeds, row.results).map { seed, result in
        var members: [String: JSONValue] = [
          "seed": .integer(Int64(bitPattern: seed.seed)), "training_seconds": .number(rounded(result.training)),
          "judging_seconds": .number(rounded(result.judging)),
        ]
        for (name, value) in [(quality, seed.quality), ("pauc", seed.pauc), ("flagged_normal", seed.flagged)] {
          if let value { members[name] = .number(value) }
        }
        return .object(members)
      })
    return .object(members)
  }

  private func add(_ name: String, _ figure: ComparisonFigures.Figure?, to members: inout [String: JSONValue]) {
    guard let figure else { return }
    members[name] = .number(figure.value)
    if let interval = figure.interval {
      members["\(name)_interval"] = [.number(interval.low), .number(interval.high)]
    }
  }

  private func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }

  // MARK: CSV

  /// A line for each graph and seed, for each graph and machine, and for each graph's means (`mean` for the seed, and for
  /// the machine).
  public func csv(_ figures: ComparisonFigures) -> String {
    let bounds = { (name: String) in [name, "\(name)_low", "\(name)_high"] }
    let head =
      ["file", "graph", "node", "class", "front_end", "seed", "machine"]
      + [quality, "pauc", "flagged_normal", "difference"].flatMap(bounds) + ["error"]
    var lines = [head.joined(separator: ",")]
    for (row, figures) in zip(rows, figures.rows) {
      let names = [row.path, row.graph, row.node, row.className, row.frontEnd.joined(separator: " ")]
      func add(_ seed: String, _ machine: String, _ numbers: [ComparisonFigures.Figure?], _ error: String = "") {
        let cells = numbers.flatMap { figure in
          [figure?.value, figure?.interval?.low, figure?.interval?.high].map { $0.map { "\($0)" } ?? "" }
        }
        lines.append(
          ((names + [seed, machine]).map(CSVText.field) + cells + [CSVText.field(error)]).joined(separator: ","))
      }
      guard let figures else {
        add("mean", "mean", [nil, nil, nil, nil], row.failure ?? "")
        continue
      }
      add("mean", "mean", [figures.quality, figures.pauc, figures.flagged, figures.difference])
      for machine in figures.machines where figures.machines.count > 1 {
        add("mean", machine.name, [machine.quality, machine.pauc, machine.flagged, nil])
      }
      for seed in figures.seeds {
        let numbers = [seed.quality, seed.pauc, seed.flagged].map { $0.map { ComparisonFigures.Figure(value: $0) } }
        add("\(seed.seed)", "mean", numbers + [nil])
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A line for each graph, seed and recording: its score and the found label.
  var scoresCSV: String {
    var lines = ["graph,seed,file,machine,label,score,found,normal_tokens,flagged_tokens"]
    for row in rows {
      for result in row.results {
        for recording in result.recordings {
          let names = [row.path, "\(result.seed)", PathText.shown(recording.path), recording.machine, recording.label]
            .map(CSVText.field)
          let found = CSVText.field(recording.found ?? "")
          lines.append(
            (names + ["\(recording.score)", found, "\(recording.normalTokens)", "\(recording.flaggedTokens)"])
              .joined(separator: ","))
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
