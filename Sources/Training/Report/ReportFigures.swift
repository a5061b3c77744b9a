import Figures

/// The figures of an evaluation's report in their order, with their words.
struct ReportFigures {
  static let names = [
    "roc", "histogram", "confusion", "score", "residual", "reconstruction", "loss", "accuracy", "waveform",
    "spectrogram-linear", "spectrogram-log", "spectrogram-mel",
  ]
  /// Figures that also have a table of their numbers.
  static let tables = ["roc", "residual"]

  private static let seconds = "Across: time in seconds."
  private static let level = "Colour: level in dB."

  let evaluation: Evaluation
  let machines: ReportMachines
  let examples: ReportExamples

  func words(_ name: String) -> FigureWords {
    switch name {
    case "roc":
      return FigureWords(
        title: "ROC curve",
        text: "How many anomalous tokens are found, and how many normal ones are flagged, for each threshold; "
          + "the point is the threshold in use. Its numbers: roc.csv.",
        axes: "Across: share of normal tokens above the threshold, 0 to 1. "
          + "Up: share of anomalous tokens above it, 0 to 1.",
        values: sentences(machines.shown) { rates($0) })
    case "histogram":
      return FigureWords(
        title: "Distribution of scores", text: "Scores of normal and of anomalous tokens, and the threshold.",
        axes: "Across: score of a token, in the detector's own scale. Up: number of tokens.",
        values: sentences(machines.shown) { medians($0) })
    case "confusion":
      return FigureWords(
        title: "Confusion matrix", text: "The decisions of the threshold, or of the classifier, for the tokens.",
        axes: "Across: what was found. Down: what the tokens are. Colour: share of the row, 0 to 1.", values: decisions)
    case "score": return score
    case "residual":
      return FigureWords(
        title: "Parts of the bands in the score",
        text: "The detector divides a token's score among its bands; the bands of a curve add up to its mean score. It "
          + "uses up to eight recordings of each kind. Its numbers: residual.csv.",
        axes: "Across: frequency in Hz, or number of the band. Up: part of the score, in its own scale or in %.")
    case "reconstruction":
      return FigureWords(
        title: "Original and reconstruction",
        text: "The model's reconstruction of a normal token, and of the most anomalous one.",
        axes: "Pictures: analysis frames across, bands up, values as colour. Lines: values across, levels up.")
    case "loss":
      return FigureWords(
        title: "Loss while learning", text: "The learning curve: mean loss per value, of training and held-out tokens.",
        axes: "Across: epoch. Up: loss.", values: curve(.loss))
    case "accuracy":
      return FigureWords(
        title: "Accuracy while learning", text: "The learning curve: the share of tokens with the right label.",
        axes: "Across: epoch. Up: share, 0 to 1.", values: curve(.accuracy))
    case "waveform":
      return FigureWords(
        title: "Waveforms",
        text: "The samples of these recordings, on one scale; of several machines, those of the machine with the worst "
          + "separation.",
        axes: "\(Self.seconds) Up: sample, as a share of full scale.", values: shown)
    default: return spectrogram(name)
    }
  }

  private var score: FigureWords {
    let isClassification = evaluation.isClassification
    return FigureWords(
      title: isClassification ? "Probability over time" : "Score over time",
      text: isClassification
        ? "The recordings with the best and the worst result: the probability of the found label."
        : "The best normal and the worst anomalous recording, by their mean scores, on one scale: the score of each token.",
      axes: "\(Self.seconds) Up: \(isClassification ? "probability, 0 to 1" : "score of a token").",
      values: sentences(examples.pairs.flatMap(\.recordings)) { highest($0) })
  }

  private func spectrogram(_ name: String) -> FigureWords {
    let kind =
      switch name {
      case "spectrogram-log": "logarithmic"
      case "spectrogram-mel": "in mel bands"
      default: "linear"
      }
    return FigureWords(
      title: "Spectrograms, frequency \(kind)", text: "Spectrograms of these recordings, on one scale of colours.",
      axes: "\(Self.seconds) Up: frequency in Hz, \(kind). \(Self.level)", values: shown)
  }

  // MARK: Values

  private func sentences<T>(_ items: [T], _ words: (T) -> String?) -> String {
    items.compactMap(words).map { $0 + "." }.joined(separator: " ")
  }

  private func named(_ machine: ReportMachines.Machine) -> String {
    machines.count > 1 ? "\(machine.name): " : ""
  }

  private func rates(_ machine: ReportMachines.Machine) -> String? {
    let decisions = machine.decisions
    guard let auc = Ranking(machine.judged).auc, let rate = decisions.falsePositiveRate, let recall = decisions.recall
    else { return nil }
    return "\(named(machine))AUC \(FigureText.fixed(auc)); at the threshold \(percent(recall)) of the anomalous and "
      + "\(percent(rate)) of the normal tokens are flagged"
  }

  private func medians(_ machine: ReportMachines.Machine) -> String? {
    let kinds = [(false, "normal"), (true, "anomalous")].compactMap { isAnomalous, name -> String? in
      let scores = machine.judged.filter { $0.isAnomalous == isAnomalous }.map(\.score).sorted()
      guard !scores.isEmpty else { return nil }
      return "\(scores.count) \(name) tokens with a median of \(FigureText.significant(quantile(scores, 0.5)))"
    }
    guard !kinds.isEmpty else { return nil }
    return "\(named(machine))\(kinds.joined(separator: ", ")), threshold \(FigureText.significant(machine.threshold))"
  }

  private var decisions: String {
    if evaluation.isClassification {
      let confusion = evaluation.confusion()
      return sentences(zip(confusion.labels, confusion.counts).map { ($0, $1) }) { label, counts in
        let found = zip(confusion.labels, counts).filter { $1 > 0 }.map { "\($1) as \($0)" }
        return "\(label): " + (found.isEmpty ? "no tokens" : found.joined(separator: ", "))
      }
    }
    let counts = evaluation.figures().decisions
    return "normal: \(counts.trueNegatives) below the threshold, \(counts.falsePositives) above. "
      + "anomalous: \(counts.falseNegatives) below, \(counts.truePositives) above."
  }

  private func highest(_ example: ReportExamples.Recording) -> String? {
    let tokens = evaluation.tokens.filter { $0.recording == example.index }
    guard let top = tokens.map(\.score).max(), !evaluation.isClassification else {
      return tokens.isEmpty ? nil : "\(example.name) (\(example.title))"
    }
    let flagged = tokens.count(where: \.isFlagged)
    return "\(example.name) (\(example.title)): highest score \(FigureText.significant(top)), \(flagged) of "
      + "\(tokens.count) tokens above the threshold \(FigureText.significant(tokens[0].threshold))"
  }

  private var shown: String {
    sentences(examples.first?.recordings ?? []) { "\($0.name) (\($0.title))" }
  }

  private func curve(_ series: LearningCurve.Series) -> String {
    sentences(evaluation.curves) { curve in
      let values = curve[series].compactMap { $0 }
      guard let first = values.first, let last = values.last else { return nil }
      return (curve.machine.map { "\($0): " } ?? "")
        + "training from \(FigureText.significant(first)) to \(FigureText.significant(last))"
    }
  }

  private func percent(_ share: Double) -> String { "\(FigureText.fixed(100 * share, 1)) %" }
}
