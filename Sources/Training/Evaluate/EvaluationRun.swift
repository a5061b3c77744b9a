import FileDriver
import GraphEngine
import GraphText
import Models
import NumberText

/// Evaluates a graph's detector on labelled recordings.
public struct EvaluationRun {
  let graph: Graph
  let node: Graph.Node
  let isForced: Bool
  let seed: UInt64
  let callbacks: WorkCallbacks

  /// - Parameter isForced: include recordings that the model was trained on.
  public init(
    _ graph: Graph, node: String?, isForced: Bool, seed: UInt64, callbacks: WorkCallbacks
  ) throws {
    self.graph = graph
    self.isForced = isForced
    self.seed = seed
    self.callbacks = callbacks
    self.node = try graph.detector(node)
  }

  public func run(_ set: RecordingSet) throws -> Evaluation {
    let (model, digest) = try openModel()
    let labels = model?.labels ?? []
    var set = set
    set.unifyLabels(labels)
    let recordings = try chosen(set, model)
    let known = Set(labels.isEmpty ? [Label.normal, Label.anomalous] : labels)
    let unknown = Set(recordings.flatMap { [$0.label] + $0.events.map(\.label) })
      .subtracting(known).subtracting([Label.unlabelled]).sorted()
    guard unknown.isEmpty else {
      let words = unknown.map { "'\($0)'" }.joined(separator: ", ")
      throw TrainingError(
        labels.isEmpty
          ? "\(set.source): the labels \(words) are neither normal nor anomalous, and \(node.nodeClass.name) knows "
            + "no others"
          : "\(set.source): the model does not know the labels \(words); it knows \(labels.joined(separator: ", "))")
    }
    var evaluation = Evaluation(
      graph: graph.name, node: node.name, className: node.nodeClass.name, model: digest, recordings: recordings,
      tokens: [], labels: labels, alarms: nil, seconds: 0, elapsed: 0, seed: seed)
    evaluation.curves = model.map { LearningCurve.of($0.training) } ?? []
    var alarms: [AlarmSpan] = []
    var held = HeldOutScores()
    let judged = JudgedRun(graph, node: node.name, model: nil, callbacks: callbacks)
    let figures = try judged.run(recordings, what: "judging") { index, recording, tokens, machine, events in
      evaluation.tokens += tokens.compactMap { token(of: $0, recording, index, machine, labels) }
      alarms += AlarmSpan.spans(events, recording: index, machine: machine)
      held.add(tokens, of: recording, number: index, group: index, machine: machine)
    }
    guard !evaluation.tokens.isEmpty else {
      throw TrainingError(
        node.nodeClass.traits.contains(.trainable)
          ? "\(set.source): the recordings gave no scores: they are too short for a token"
          : "\(set.source): the recordings gave no scores: each ended while '\(node.name)' was still learning, or is too "
            + "short for a token")
    }
    let heard = Set(evaluation.tokens.map(\.recording))
    let mute = recordings.indices.filter { !heard.contains($0) }
    evaluation.tooShort = mute.map { recordings[$0].path }
    evaluation.leftOut = set.leftOut
    evaluation.eventsUnjudged = eventsUnjudged(evaluation)
    if mute.count == 1 {
      callbacks.warn("\(evaluation.tooShort[0]): too short for a token, and not judged")
    } else if mute.count > 1 {
      callbacks.warn(
        "\(mute.count) of \(recordings.count) recordings are too short for a token, and not judged: "
          + listed(evaluation.tooShort))
    }
    evaluation.alarms = graph.alarms(after: node.name).isEmpty ? nil : alarms
    evaluation.mute = try machinesWithoutAlarm(held, alarms, judged.unit(machines: held.normal.keys.sorted()))
    evaluation.seconds = figures.seconds
    evaluation.elapsed = figures.elapsed
    return evaluation
  }

  /// Machines without an alarm, most of whose normal sound is in recordings that are too short to raise one: for these,
  /// the absence of alarms means nothing.
  private func machinesWithoutAlarm(
    _ held: HeldOutScores, _ alarms: [AlarmSpan], _ unit: EventUnit
  ) throws -> Set<String> {
    guard unit.kind == .alarm else { return [] }
    let mute = try held.normal.filter { machine, streams in
      try !alarms.contains { $0.machine == machine } && FalseAlarmRate(streams, unit: unit).kind == .stretch
    }.keys.sorted()
    if !mute.isEmpty {
      callbacks.warn(
        "the recordings of \(mute.joined(separator: ", ")) are too short to raise the graph's alarm: false alarms are "
          + "stretches of scores above the threshold instead; give longer recordings to count alarms")
    }
    return Set(mute)
  }

  /// Events without a token that lies in them by more than half, as "file: 3 to 3.1 s"; no token's figures include
  /// them.
  private func eventsUnjudged(_ evaluation: Evaluation) -> [String] {
    let tokens = Dictionary(grouping: evaluation.tokens, by: \.recording)
    let events = evaluation.recordings.indices.flatMap { index in
      // Recordings without scores are already reported as too short.
      guard let heard = tokens[index] else { return [String]() }
      let recording = evaluation.recordings[index]
      return recording.events.filter { event in
        !heard.contains { token in
          min(token.endSecond, event.end) - max(token.beginSecond, event.begin)
            > 0.5 * (token.endSecond - token.beginSecond)
        }
      }.map { "\(recording.path): \(NumberText.rounded($0.begin, 3)) to \(NumberText.rounded($0.end, 3)) s" }
    }
    if !events.isEmpty {
      callbacks.warn(
        "\(events.count) event\(events.count == 1 ? " has" : "s have") no token that lies in \(events.count == 1 ? "it" : "them") by more "
          + "than half, and \(events.count == 1 ? "is" : "are") not in the figures of tokens: \(listed(events)); use shorter slices "
          + "for short events")
    }
    return events
  }

  private func token(
    of token: TapToken, _ recording: Recording, _ index: Int, _ machine: String, _ labels: [String]
  ) -> JudgedToken? {
    guard let score = token.score else { return nil }
    let label = recording.label(begin: token.beginSecond, end: token.endSecond)
    let found = score.classIndex >= 0 && score.classIndex < labels.count ? labels[score.classIndex] : nil
    return JudgedToken(
      recording: index, machine: machine, begin: token.begin, end: token.end, rate: token.rate, score: score.value,
      threshold: score.threshold, label: label == Label.unlabelled ? nil : label, found: found,
      probability: found == nil ? nil : score.probability, isSilent: token.isSilent)
  }

  private func openModel() throws -> (ModelFile?, String?) {
    guard node.nodeClass.traits.contains(.trainable), case .text(let path)? = node.argument("model")?.value else {
      return (nil, nil)
    }
    do {
      let model = try OpenModel(path: path)
      return (model.header, model.digest)
    } catch {
      throw TrainingError(error.description)
    }
  }

  /// The recordings for testing, without those that the model was trained on.
  private func chosen(_ set: RecordingSet, _ model: ModelFile?) throws -> [Recording] {
    let trained = model.map { TrainedOn($0) }
    var recordings = set.recordings
    if set.hasParts {
      recordings = recordings.filter { $0.part == .test }
      guard !recordings.isEmpty else {
        throw TrainingError("\(set.source): has no recordings with the split 'test'")
      }
    } else if set.isDataset, let trained, !isForced {
      // A dataset without splits: use what training has set aside.
      recordings = recordings.filter { !trained.contains($0) }
      let left = set.recordings.count - recordings.count
      if left > 0 {
        callbacks.warn(
          "left out \(left) recording\(left == 1 ? "" : "s") of \(set.source) that the model was trained on")
      }
      guard !recordings.isEmpty else {
        throw TrainingError("\(set.source): the model was trained on all of it; nothing is left to evaluate on")
      }
      let labels = Set(recordings.map(\.label))
      if labels.count == 1, set.labels.count > 1 {
        callbacks.warn(
          "only '\(labels.first!)' is left of \(set.source): evaluation needs another label, too; record more, or set some "
            + "aside with `train --test`")
      }
    }
    try trained?.check(recordings, isForced: isForced, callbacks)
    return recordings
  }
}
