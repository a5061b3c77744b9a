import Foundation
import JSONText
import TextEscapes

extension Evaluation {
  /// The content of metrics.json: figures over all tokens (`pooled`), of each machine's (`machines`), and over
  /// recordings' mean scores (`files`).
  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "graph": .text(graph), "node": .text(node), "class": .text(className), "model": model.map { .text($0) } ?? .null,
      "task": isClassification ? "classification" : "anomaly", "recordings": .integer(Int64(recordings.count)),
      "tokens": .integer(Int64(tokens.count)), "seconds": .number(seconds), "elapsed": .number(elapsed),
      "real_time_factor": .number(realTimeFactor), "seed": .integer(Int64(bitPattern: seed)),
    ]
    if let alarms { members["alarms_raised"] = .integer(Int64(alarms.reduce(0, +))) }
    if isClassification {
      members["pooled"] = json(confusion())
      members["files"] = json(confusion(ofFiles: true))
      members["machines"] = .object(
        Dictionary(uniqueKeysWithValues: machines.map { ($0, json(confusion(machine: $0))) }))
    } else {
      let machineFigures = machines.map { ($0, figures(machine: $0)) }
      members["pooled"] = figures().json
      members["files"] = fileFigures().json
      members["machines"] = .object(Dictionary(uniqueKeysWithValues: machineFigures.map { ($0, $1.json) }))
      members["means"] = means(machineFigures.map(\.1))
    }
    return .object(members)
  }

  /// Arithmetic and harmonic means over the machines.
  private func means(_ figures: [AnomalyFigures]) -> JSONValue {
    var members: [String: JSONValue] = [:]
    for (name, values) in [("auc", figures.compactMap(\.auc)), ("pauc", figures.compactMap(\.pauc))]
    where !values.isEmpty {
      let count = Double(values.count)
      members["\(name)_arithmetic"] = .number(values.reduce(0, +) / count)
      members["\(name)_harmonic"] = .number(values.contains(0) ? 0 : count / values.reduce(0) { $0 + 1 / $1 })
    }
    return .object(members)
  }

  private func json(_ confusion: Confusion) -> JSONValue {
    [
      "accuracy": .number(confusion.accuracy), "macro_f1": .number(confusion.macroF1),
      "count": .integer(Int64(confusion.total)), "labels": .array(confusion.labels.map { .text($0) }),
      "confusion": .array(confusion.counts.map { .array($0.map { .integer(Int64($0)) }) }),
      "per_class": .array(
        confusion.report.map {
          [
            "label": .text($0.label), "precision": .number($0.precision), "recall": .number($0.recall),
            "f1": .number($0.f1), "support": .integer(Int64($0.support)),
          ]
        }),
    ]
  }

  /// A line for every token: file, machine, span, score, threshold, label and what was found.
  public var csv: String {
    var lines = ["file,machine,begin,end,rate,score,threshold,anomalous,label,found,probability"]
    for token in tokens {
      let fields = [
        CSVText.field(recordings[token.recording].path), CSVText.field(token.machine), "\(token.begin)", "\(token.end)",
        "\(token.rate)", "\(token.score)", "\(token.threshold)", "\(token.isFlagged)",
        CSVText.field(token.label ?? ""), CSVText.field(token.found ?? ""), token.probability.map { "\($0)" } ?? "",
      ]
      lines.append(fields.joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
