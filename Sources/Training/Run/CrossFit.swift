import DetectorHost
import FoundationEssentials
import Glibc
import GraphEngine
import GraphText
import Models

/// Scores all training tokens by models that were not trained on them, one model for each fold.
struct CrossFit {
  let run: TrainingRun
  let machines: [String]
  let labels: [String]
  let set: RecordingSet
  /// The model that was trained on everything.
  let whole: ModelFile
  /// The epoch at which the user ended the training, which the folds also end at; nil: the user did not.
  let epochs: Int?

  /// Nil: nothing is held out.
  func scores(_ collected: TrainingRun.Collected) throws -> HeldOutScores? {
    guard let folds = collected.folds else { return nil }
    let recordings = set.recordings.filter { $0.part == .train && run.isLearned($0) }
    // No model is trained on them; one of the models scores each.
    let others = set.recordings.filter { $0.part == .validation }
    var tokens: [[String: [TapToken]]] = Array(repeating: [:], count: recordings.count + others.count)
    for fold in 0..<folds.count {
      let chosen = recordings.indices.filter { folds.touches(fold, $0) && Label.isAnomalyTask([recordings[$0].label]) }
      let added = others.indices.filter { $0 % folds.count == fold }
      guard !chosen.isEmpty || !added.isEmpty else { continue }
      let places = chosen + added.map { recordings.count + $0 }
      // Not next to the model, because an interrupt may leave it there.
      let temporary = FileManager.default.temporaryDirectory.path + "/auscult-fold-\(UUID().uuidString)"
      defer { unlink(temporary) }
      let model = try model(fold, folds, collected)
      try model.write(temporary)
      let judged = JudgedRun(run.graph, node: run.node.name, model: temporary, callbacks: quiet)
      let what = "held out, \(fold + 1) of \(folds.count):"
      try judged.run(
        chosen.map { recordings[$0] } + added.map { others[$0] }, share: share(fold, folds.count, 0.5...1), what: what
      ) { index, _, heard, machine, _ in
        let place = places[index]
        let kept = heard.filter { token in
          place >= recordings.count
            || folds.fold(place, begin: token.beginSecond, end: token.endSecond) == fold
        }
        tokens[place][machine, default: []] += scaled(kept, machine, model)
      }
    }
    var scores = HeldOutScores()
    let all = recordings + others
    let groups = all.groupNumbers
    for (place, heard) in tokens.enumerated() {
      for (machine, tokens) in heard.sorted(by: { $0.key < $1.key }) {
        scores.add(
          tokens.sorted { $0.begin < $1.begin }, of: all[place], number: place, group: groups[place], machine: machine)
      }
    }
    return scores
  }

  /// Converts scores of a fold's model to the scale of the main model. If scores grow with the amount of training
  /// sound, as a sum over it does, the class stores what they are proportional to: a tensor `score_scale` of one value.
  private func scaled(_ tokens: [TapToken], _ machine: String, _ model: ModelFile) -> [TapToken] {
    guard let index = machines.firstIndex(of: machine),
      let whole = whole.doubles("score_scale", machine: index)?.first,
      let part = model.doubles("score_scale", machine: index)?.first, part > 0, whole > 0
    else { return tokens }
    return tokens.map { token in
      var token = token
      token.score?.value *= whole / part
      return token
    }
  }

  private func model(_ fold: Int, _ folds: Folds, _ collected: TrainingRun.Collected) throws -> ModelFile {
    let examples = try machines.map { machine in
      let examples = collected.machines[machine]!.learned(fold, folds)
      guard examples.count > 0 else {
        throw TrainingError(
          "machine '\(machine)': with a part of its recordings held out for the threshold, nothing is left to learn from: "
            + "give more recordings, or longer ones, or set the threshold yourself (--threshold)")
      }
      return examples
    }
    let trainer = try DetectorTrainer(run.graph, node: run.node.untrained, log: { _, _, _ in })
    let recorder = CurveRecorder(
      machines: machines, callbacks: quiet, share: share(fold, folds.count, 0...0.5), last: epochs)
    let result = Result {
      try trainer.train(
        collected.input, machines: machines, labels: labels, seed: run.options.seed, examples: examples,
        listener: recorder.listener)
    }
    try quiet.checkCancelled()
    var model = try ModelFile(result.get(), of: run.node, in: run.graph, input: collected.input, machines: machines)
    model.labels = labels
    return model
  }

  /// Its messages were already shown when the main model was trained.
  private var quiet: WorkCallbacks {
    var quiet = run.callbacks
    quiet.warn = { _ in }
    quiet.log = { _, _, _ in }
    quiet.epoch = { _ in }
    quiet.isEnding = { false }
    return quiet
  }

  /// A fold's part of all work.
  private func share(_ fold: Int, _ count: Int, _ part: ClosedRange<Double>) -> ClosedRange<Double> {
    let whole = 0.3 / Double(count)
    let begin = 0.7 + whole * Double(fold)
    return begin + whole * part.lowerBound...begin + whole * part.upperBound
  }
}
