import JSONText
import TextEscapes

extension Evaluation {
  /// The content of metrics.json: figures over all tokens (`pooled`), by machine (`machines`), and over recordings'
  /// mean scores (`files`, and within each machine); for clips of a public dataset also the challenge's figures
  /// (`challenge`). Undefined figures are absent.
  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "graph": .text(graph), "node": .text(node), "class": .text(className),
      "task": isClassification ? "classification" : "anomaly", "recordings": .integer(Int64(recordings.count)),
      "tokens": .integer(Int64(tokens.count)), "seconds": .number(seconds),
      "elapsed": .number((elapsed * 1000).rounded() / 1000),
      "real_time_factor": .number((realTimeFactor * 10).rounded() / 10), "seed": .integer(Int64(bitPattern: seed)),
    ]
    if !tooShort.isEmpty { members["too_short"] = .array(tooShort.map { .text(PathText.shown($0)) }) }
    if !eventsUnjudged.isEmpty {
      members["events_without_tokens"] = .array(eventsUnjudged.map { .text(PathText.shown($0)) })
    }
    if !leftOut.isEmpty { members["left_out"] = leftOut.json }
    if let model { members["model"] = .text(model) }
    if let alarms { members["alarms_raised"] = .integer(Int64(alarms.count)) }
    if isClassification {
      members["pooled"] = json(confusion())
      members["files"] = json(confusion(ofFiles: true))
      members["machines"] = .object(
        Dictionary(uniqueKeysWithValues: machines.map { ($0, json(confusion(machine: $0))) }))
    } else {
      let machineFigures = machines.map { (name: $0, tokens: figures(machine: $0), files: fileFigures(machine: $0)) }
      members["pooled"] = figures().json
      members["files"] = fileFigures().json
      members["machines"] = .object(
        Dictionary(
          uniqueKeysWithValues: machineFigures.map { machine in
            var figures = machine.tokens.json.object ?? [:]
            figures["files"] = machine.files.json
            return (machine.name, .object(figures))
          }))
      var means = means(machineFigures.map(\.tokens))
      means["files"] = .object(self.means(machineFigures.map(\.files)))
      members["means"] = .object(means)
      if let challenge = ChallengeFigures(self) { members["challenge"] = challenge.json }
    }
    return .object(members)
  }

  /// Arithmetic and harmonic means over the machines.
  private func means(_ figures: [AnomalyFigures]) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    for (name, values) in [("auc", figures.compactMap(\.auc)), ("pauc", figures.compactMap(\.pauc))]
    where !values.isEmpty {
      let count = Double(values.count)
      members["\(name)_arithmetic"] = .number(values.reduce(0, +) / count)
      members["\(name)_harmonic"] = .number(values.contains(0) ? 0 : count / values.reduce(0) { $0 + 1 / $1 })
    }
    return members
  }

  private func json(_ confusion: Confusion) -> JSONValue {
    var members: [String: JSONValue] = [
      "count": .integer(Int64(confusion.total)), "labels": .array(confusion.labels.map { .text($0) }),
      "confusion": .array(confusion.counts.map { .array($0.map { .integer(Int64($0)) }) }),
      "per_class": .array(
        confusion.report.map { label in
          var members: [String: JSONValue] = ["label": .text(label.label), "support": .integer(Int64(label.support))]
          for (name, value) in [("precision", label.precision), ("recall", label.recall), ("f1", label.f1)] {
            if let value { members[name] = .number(value) }
          }
          return .object(members)
        }),
    ]
    if let accuracy = confusion.accuracy { members["accuracy"] = .number(accuracy) }
    if let macroF1 = confusion.macroF1 { members["macro_f1"] = .number(macroF1) }
    return .object(members)
  }

  /// A line for every token: file, machine, span, score, threshold, label and the found label.
  public var csv: String {
    var lines = ["file,machine,begin,end,rate,score,threshold,anomalous,label,found,probability"]
    for token in tokens {
      let fields = [
        CSVText.field(PathText.shown(recordings[token.recording].path)), CSVText.field(token.machine), "\(token.begin)",
        "\(token.end)",
        "\(token.rate)", "\(token.score)", "\(token.threshold)", "\(token.isFlagged)",
        CSVText.field(token.label ?? ""), CSVText.field(token.found ?? ""), token.probability.map { "\($0)" } ?? "",
      ]
      lines.append(fields.joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
