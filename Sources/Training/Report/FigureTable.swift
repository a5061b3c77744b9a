import Glibc

/// An evaluation as rows of text, for the command's output and the report.
public struct FigureTable: Sendable {
  public private(set) var headings: [String] = []
  public private(set) var rows: [[String]] = []
  /// Lines below the table.
  public private(set) var notes: [String] = []

  public init(_ evaluation: Evaluation) {
    if evaluation.isClassification { addClasses(evaluation) } else { addAnomalies(evaluation) }
    notes.append(
      "\(evaluation.tokens.count) tokens of \(evaluation.recordings.count) recording\(evaluation.recordings.count == 1 ? "" : "s"), "
        + "\(FigureText.fixed(evaluation.realTimeFactor, 0)) times faster than real time")
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
      add("pAUC as an area") { $0.paucRaw.map { FigureText.fixed($0) } },
      add("PR-AUC") { bounded($0.prAUC, $0.prAUCInterval) },
      add("precision") { $0.decisions.precision.map { FigureText.fixed($0) } },
      add("recall") { $0.decisions.recall.map { FigureText.fixed($0) } },
      add("F1") { $0.decisions.f1.map { FigureText.fixed($0) } },
      add("best F1 (threshold)") {
        $0.bestF1.map { "\(FigureText.fixed($0.f1)) (\(FigureText.significant($0.threshold)))" }
      },
      add("accuracy") { $0.decisions.accuracy.map { FigureText.fixed($0) } },
      add("normal: right, wrong") {
        $0.decisions.count > 0 ? "\($0.decisions.trueNegatives), \($0.decisions.falsePositives)" : nil
      },
      add("anomalous: right, wrong") {
        $0.decisions.count > 0 ? "\($0.decisions.truePositives), \($0.decisions.falseNegatives)" : nil
      },
      add("alarms: true, false") { $0.alarms.map { "\($0.right), \($0.wrong)" } },
      add("false alarms per hour") { figures in
        figures.falseAlarmsPerHour.map { rate in
          FigureText.significant(rate, 3)
            + (figures.falseAlarmsInterval.map {
              " [\(FigureText.significant($0.low, 2)), \(FigureText.significant($0.high, 2))]"
            } ?? "")
        }
      },
      add("events found") { figures in
        figures.eventRecall.map {
          "\(FigureText.fixed($0 * Double(figures.events ?? 0), 0)) of \(figures.events ?? 0)"
        }
      },
      add("detection delay (median)") { $0.detectionDelay.map { FigureText.fixed($0, 2) + " s" } },
      add("anomalous recordings alarmed") { figures in
        figures.anomalies.map { "\(figures.anomaliesFound ?? 0) of \($0)" }
      },
      add("delay from their begin (median)") { $0.anomalyDelay.map { FigureText.fixed($0, 2) + " s" } },
    ].compactMap { $0 }
    if let unit = columns[0].1.alarmUnit { notes.append("false alarms are \(unit.words)") }
    if columns[0].1.auc == nil {
      notes.append("an AUC needs both normal and anomalous sound")
    } else if columns[0].1.aucInterval != nil {
      notes.append("in brackets: 95 % intervals, from recordings drawn with replacement")
    }
  }

  private mutating func addClasses(_ evaluation: Evaluation) {
    headings = ["label", "precision", "recall", "F1", "tokens", "recall of recordings"]
    let (tokens, files) = (evaluation.confusion(), evaluation.confusion(ofFiles: true))
    for (label, file) in zip(tokens.report, files.report) {
      rows.append([
        label.label, label.precision.map { FigureText.fixed($0) } ?? "",
        label.recall.map { FigureText.fixed($0) } ?? "",
        label.f1.map { FigureText.fixed($0) } ?? "", "\(label.support)",
        file.recall.map { "\(FigureText.fixed($0)) (\(file.support))" } ?? "",
      ])
    }
    guard let accuracy = tokens.accuracy, let macroF1 = tokens.macroF1 else { return }
    notes.append(
      "accuracy \(FigureText.fixed(accuracy)) over tokens, "
        + (files.accuracy.map { "\(FigureText.fixed($0)) over recordings by majority; " } ?? "")
        + "macro F1 \(FigureText.fixed(macroF1))")
  }
}

/// With the decimals that the interval makes meaningful.
func bounded(_ value: Double?, _ interval: Interval?) -> String? {
  guard let value else { return nil }
  guard let interval else { return FigureText.fixed(value) }
  let width = interval.high - interval.low
  let decimals = width >= 0.1 ? 2 : width > 0 && width < 0.01 ? 4 : 3
  let text = { (number: Double) in FigureText.fixed(number, decimals) }
  return "\(text(value)) [\(text(interval.low)), \(text(interval.high))]"
}
