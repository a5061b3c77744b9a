import Foundation

/// An evaluation as rows of text: what the command prints and the report shows.
public struct FigureTable: Sendable {
  public private(set) var headings: [String] = []
  public private(set) var rows: [[String]] = []
  /// Lines below the table.
  public private(set) var notes: [String] = []

  public init(_ evaluation: Evaluation) {
    if evaluation.isClassification { addClasses(evaluation) } else { addAnomalies(evaluation) }
    notes.append(
      "\(evaluation.tokens.count) tokens of \(evaluation.recordings.count) recordings, "
        + "\(String(format: "%.0f", evaluation.realTimeFactor)) times faster than real time")
  }

  private mutating func addAnomalies(_ evaluation: Evaluation) {
    let machines = evaluation.machines
    var columns = [("all tokens", evaluation.figures())]
    if machines.count > 1 { columns += machines.map { ($0, evaluation.figures(machine: $0)) } }
    columns.append((machines.count > 1 ? "all recordings" : "recordings", evaluation.fileFigures()))
    if machines.count > 1 { columns += machines.map { ("\($0), recordings", evaluation.fileFigures(machine: $0)) } }
    headings = [""] + columns.map(\.0)
    let add = { (name: String, value: (AnomalyFigures) -> String?) -> [String]? in
      let cells = columns.map { value($0.1) }
      return cells.contains { $0 != nil } ? [name] + cells.map { $0 ?? "" } : nil
    }
    rows = [
      add("AUC") { bounded($0.auc, $0.aucInterval) },
      add("pAUC (FPR up to 0.1)") { bounded($0.pauc, $0.paucInterval) },
      add("pAUC as an area") { $0.paucRaw.map { three($0) } },
      add("PR-AUC") { bounded($0.prAUC, $0.prAUCInterval) },
      add("precision") { $0.decisions.precision.map { three($0) } },
      add("recall") { $0.decisions.recall.map { three($0) } },
      add("F1") { $0.decisions.f1.map { three($0) } },
      add("best F1 (threshold)") { $0.bestF1.map { "\(three($0.f1)) (\(String(format: "%.4g", $0.threshold)))" } },
      add("accuracy") { $0.decisions.accuracy.map { three($0) } },
      add("normal: right, wrong") {
        $0.decisions.count > 0 ? "\($0.decisions.trueNegatives), \($0.decisions.falsePositives)" : nil
      },
      add("anomalous: right, wrong") {
        $0.decisions.count > 0 ? "\($0.decisions.truePositives), \($0.decisions.falseNegatives)" : nil
      },
      add("alarms: true, false") { $0.alarms.map { "\($0.right), \($0.wrong)" } },
      add("false alarms per hour") { figures in
        figures.falseAlarmsPerHour.map { rate in
          String(format: "%.3g", rate)
            + (figures.falseAlarmsInterval.map { String(format: " [%.2g, %.2g]", $0.low, $0.high) } ?? "")
        }
      },
      add("events found") { figures in
        figures.eventRecall.map {
          "\(String(format: "%.0f", $0 * Double(figures.events ?? 0))) of \(figures.events ?? 0)"
        }
      },
      add("detection delay (median)") { $0.detectionDelay.map { String(format: "%.2f s", $0) } },
      add("anomalous recordings alarmed") { figures in
        figures.anomalies.map { "\(figures.anomaliesFound ?? 0) of \($0)" }
      },
      add("delay from their begin (median)") { $0.anomalyDelay.map { String(format: "%.2f s", $0) } },
    ].compactMap { $0 }
    if let unit = columns[0].1.alarmUnit { notes.append("false alarms are \(unit.words)") }
    if columns[0].1.auc == nil {
      notes.append("without both normal and anomalous sound there is no AUC")
    } else if columns[0].1.aucInterval != nil {
      notes.append("in brackets: 95 % intervals, by drawing recordings with replacement")
    }
  }

  private mutating func addClasses(_ evaluation: Evaluation) {
    headings = ["label", "precision", "recall", "F1", "tokens", "recall of recordings"]
    let (tokens, files) = (evaluation.confusion(), evaluation.confusion(ofFiles: true))
    for (label, file) in zip(tokens.report, files.report) {
      rows.append([
        label.label, label.precision.map { three($0) } ?? "", label.recall.map { three($0) } ?? "",
        label.f1.map { three($0) } ?? "", "\(label.support)",
        file.recall.map { "\(three($0)) (\(file.support))" } ?? "",
      ])
    }
    guard let accuracy = tokens.accuracy, let macroF1 = tokens.macroF1 else { return }
    notes.append(
      "accuracy \(three(accuracy)) over tokens, "
        + (files.accuracy.map { "\(three($0)) over recordings by majority; " } ?? "") + "macro F1 \(three(macroF1))")
  }
}

private func three(_ number: Double) -> String { String(format: "%.3f", number) }

/// With as many decimals as the interval leaves a meaning.
func bounded(_ value: Double?, _ interval: Interval?) -> String? {
  guard let value else { return nil }
  guard let interval else { return three(value) }
  let width = interval.high - interval.low
  let decimals = width >= 0.1 ? 2 : width > 0 && width < 0.01 ? 4 : 3
  let text = { (number: Double) in String(format: "%.\(decimals)f", number) }
  return "\(text(value)) [\(text(interval.low)), \(text(interval.high))]"
}
