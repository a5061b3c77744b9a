import DetectorHost
import FileDriver
import Glibc
import GraphEngine
import GraphText
import JSONText
import Models
import NodeHost
import TextEscapes

/// Trains a detector of a graph on recordings, and sets its thresholds on sound that was not used for training.
///
/// Each threshold is set on scores of models that were not trained on the scored sound (cross-fitting, see `Folds`);
/// the written model is trained on everything. Recordings with the split `validation` in the manifest are held out, and
/// never used for training.
public struct TrainingRun {
  public struct Options: Sendable {
    public var seed: UInt64 = 42
    /// Nil: the default of the class.
    public var rule: ThresholdRule?
    /// The share of the normal recordings that is held out at a time to set the threshold, on scores of a model that
    /// was not trained on them; nil: see `Folds`. 0: none.
    public var heldOut: Double?
    /// The division of recordings that don't state their part.
    public var test = 0.0
    /// Continues although some recordings are in both training and test.
    public var isForced = false
    /// How training recordings are altered for additional copies; nil: no copies.
    public var augmentation: Augmentation?

    public init() {}
  }

  /// The result of a training.
  public struct Summary: Sendable {
    public var model: ModelFile
    public var figures: [DetectorFigure]
    /// Of classes that report their epochs.
    public var curves: [LearningCurve] = []
    public var recordings: [Part: Int] = [:]
    public var tokens: [Part: Int] = [:]
    public var seconds = 0.0
    /// Live: the number of rounds; nil: trained on recordings.
    public var rounds: Int?
    /// Models that were trained only for the threshold, and how the scored sound was chosen; nil: none.
    public var folds: Folds.Facts?
  }

  /// The most bytes of training tokens at a time. A class that takes views needs little more. For another one there
  /// are in addition a copy of them, and what it makes of that.
  let greatestTokens: Int
  let takesViews: Bool

  let graph: Graph
  let node: Graph.Node
  let options: Options
  let callbacks: WorkCallbacks
  let learnsLabels: Bool

  /// How thresholds are set.
  var rule: ThresholdRule { options.rule ?? (learnsLabels ? .manual(0) : .standard) }

  /// The share of recordings that is held out at a time: none where they set no threshold.
  var heldOut: Double? { if case .manual = rule { 0 } else { options.heldOut } }
  /// Of anomalous recordings, for `bestF1`; never used for training.
  private var heldOutAnomalous: Double { rule == .bestF1 ? options.heldOut ?? 0.2 : 0 }

  /// - Parameter node: name of the detector; nil: the only one.
  /// - Throws: `TrainingError` where there is no such detector, or it cannot be trained.
  public init(_ graph: Graph, node: String?, options: Options, callbacks: WorkCallbacks) throws {
    self.graph = graph
    self.options = options
    self.callbacks = callbacks
    self.node = try graph.detector(node)
    guard let learnsLabels = DetectorTrainer.learnsLabels(self.node.nodeClass) else {
      throw TrainingError(
        "node '\(self.node.name)' (\(self.node.nodeClass.name)) has nothing to train: it learns while it runs")
    }
    self.learnsLabels = learnsLabels
    takesViews = DetectorTrainer.takesViews(self.node.nodeClass)
    greatestTokens = MemoryLimit.standard.bytes / (takesViews ? 2 : 5)
  }

  /// Trains, and writes the model completely or not at all.
  public func run(_ set: RecordingSet, output: String) throws -> Summary {
    try ModelPath.prepare(output, graph: graph, model: node.modelPath, set: set)
    let leftOut = set.leftOut
    let set = try prepared(set)
    if !options.isForced {
      try RecordingSet.checkSensors(set.recordings.filter(isUsed), channels: graph.channels ?? .max, callbacks)
    }
    var collected = try collect(set)
    let machines = collected.machines.keys.sorted()
    let labels = learnsLabels ? set.labels : []
    let trainer = try DetectorTrainer(graph, node: node.untrained, log: callbacks.log)
    let recorder = CurveRecorder(
      machines: machines, callbacks: callbacks, share: collected.folds == nil ? 0.6...0.8 : 0.6...0.7)
    let result = try fitted(recorder) {
      try trainer.train(
        collected.input, machines: machines, labels: labels, seed: options.seed,
        examples: machines.map { collected.machines[$0]!.examples }, listener: recorder.listener)
    }
    try callbacks.checkCancelled()
    var model = ModelFile(result, of: node, in: graph, input: collected.input, machines: machines)
    if !learnsLabels { remember(collected, machines, in: &model) }
    let fit = CrossFit(
      run: self, machines: machines, labels: labels, set: set, whole: model, epochs: recorder.endedEarly)
    let crossFitted = try fit.scores(collected)
    collected.machines = [:]
    model.seed = options.seed
    model.labels = labels
    model.training = try trainingJSON(set, collected, recorder.curves, leftOut)
    model.machines = try thresholds(model, set, crossFitted: crossFitted)
    try callbacks.checkCancelled()
    try model.save(output)
    var recordings = Dictionary(grouping: set.recordings.filter(isUsed).compactMap(\.part)) { $0 }.mapValues(\.count)
    recordings[.train, default: 0] -= collected.tooShort.count
    return Summary(
      model: model, figures: result.figures, curves: recorder.curves, recordings: recordings,
      tokens: collected.tokens, seconds: collected.seconds, folds: collected.folds?.facts)
  }

  /// Stores the distribution of the training levels, for `adapt`.
  private func remember(_ collected: Collected, _ machines: [String], in model: inout ModelFile) {
    for (index, machine) in machines.enumerated() {
      let learned = LearnedLevels(
        collected.machines[machine]!.examples, rows: collected.input.rows, columns: collected.input.columns)
      model.remember(learned, machine: index)
    }
  }

  /// Runs a fit, which the user may end or cancel.
  private func fitted<T>(_ recorder: CurveRecorder, _ body: () throws -> T) throws -> T {
    callbacks.fitting(true)
    defer { callbacks.fitting(false) }
    let result = Result { try body() }
    // Before the first epoch there is no best one.
    if callbacks.isCancelled() || callbacks.isEnding() && recorder.curves.isEmpty { throw Interrupted() }
    return try result.get()
  }

  // MARK: Recordings

  /// Checks labels, and gives every recording a part.
  private func prepared(_ set: RecordingSet) throws -> RecordingSet {
    var set = set
    if learnsLabels {
      guard set.labels.count >= 2 else {
        throw TrainingError(
          "\(set.source): \(node.nodeClass.name) is a classifier and needs at least two labels; there is "
            + "'\(set.labels.first ?? "none")'. Train it with --dataset or --manifest")
      }
    } else {
      guard set.labels.contains(Label.normal) else {
        throw TrainingError(
          "\(set.source): \(node.nodeClass.name) learns what is normal, and no recording has the label 'normal' (there is "
            + set.labels.joined(separator: ", ") + ")")
      }
    }
    if set.hasParts {
      let hasValidation = set.recordings.contains { $0.part == .validation }
      if !hasValidation, heldOutAnomalous > 0 {
        // Some of the sound for the threshold is held out.
        for index in set.recordings.indices where set.recordings[index].part == .train {
          set.recordings[index].part = nil
        }
        set = divided(set, test: 0)
      }
    } else {
      set = divided(set, test: options.test)
      // Recordings for neither training nor thresholds are free for testing.
      for index in set.recordings.indices where !isUsed(set.recordings[index]) { set.recordings[index].part = .test }
    }
    guard set.recordings.contains(where: { $0.part == .train && isLearned($0) }) else {
      throw TrainingError(
        "\(set.source): has no recordings to learn from (split 'train'\(learnsLabels ? "" : ", label 'normal'"))")
    }
    let leaks = LeakCheck.problems(set)
    if let first = leaks.first {
      let text = "\(first)" + (leaks.count > 1 ? " (and \(leaks.count - 1) more)" : "")
      guard options.isForced else {
        throw TrainingError("\(text): results would look better than they are. Remove it, or use --force")
      }
      callbacks.warn("\(text): results look better than they are")
    }
    return set
  }

  /// Everything is used for training: thresholds are set by cross-fitting.
  private func divided(_ set: RecordingSet, test: Double) -> RecordingSet {
    let isOpen = set.recordings.map { $0.part == nil }
    var result = SplitPlan(test: test, heldOut: heldOutAnomalous, seed: options.seed).divided(set)
    for index in result.recordings.indices
    where isOpen[index] && result.recordings[index].part == .validation && isLearned(result.recordings[index]) {
      result.recordings[index].part = .train
    }
    return result
  }

  func isLearned(_ recording: Recording) -> Bool { learnsLabels || recording.label == Label.normal }

  /// Whether the model depends on it, by its training or by its thresholds.
  func isUsed(_ recording: Recording) -> Bool {
    switch recording.part {
    case .train: isLearned(recording)
    case .validation: isLearned(recording) || rule == .bestF1
    default: false
    }
  }

  private func trainingJSON(
    _ set: RecordingSet, _ collected: Collected, _ curves: [LearningCurve], _ leftOut: [RecordingSet.LeftOut]
  ) throws -> JSONValue {
    let recordings = try set.recordings.filter(isUsed).map {
      recording -> JSONValue in
      var members: [String: JSONValue] = [
        "name": .text(PathText.shown(recording.path.split(separator: "/").last.map(String.init) ?? recording.path)),
        "sha256": .text(String(try OpenModel.digest(ofFile: recording.path).dropFirst(7))),
        "sound": .text(String(try SoundDigest.of(recording.path).dropFirst(7))),
        "label": .text(recording.label), "part": .text(recording.part!.rawValue),
      ]
      if let machine = recording.machine { members["machine"] = .text(machine) }
      return .object(members)
    }
    var members: [String: JSONValue] = [
      "recordings": .array(recordings), "seconds": .number(collected.seconds),
      "tokens": .integer(Int64(collected.tokens[.train] ?? 0)), "input": .text(collected.input.text),
    ]
    if let folds = collected.folds {
      members["folds"] = .integer(Int64(folds.count))
      members["time_blocks"] = .array(folds.facts.byTime.map { .text($0) })
    }
    if let augmentation = options.augmentation {
      members["augmentation"] = augmentation.json
      members["altered"] = .array(collected.altered)
    }
    if !collected.tooShort.isEmpty {
      members["too_short"] = .array(collected.tooShort.map { .text(PathText.shown($0)) })
    }
    if !leftOut.isEmpty { members["left_out"] = leftOut.json }
    if !curves.isEmpty { members["curves"] = .array(curves.map(\.json)) }
    return .object(members)
  }
}

enum AudioFileRate {
  static func of(_ recording: Recording) throws -> Int {
    do {
      return try AudioFile(path: recording.path).rate
    } catch {
      throw TrainingError((recording.place.map { "\($0): " } ?? "") + "\(error)")
    }
  }
}

extension Recording {
  /// The label of a stretch: an event's if the event covers more than half of it, the recording's if no event touches
  /// it; nil otherwise.
  func label(begin: Double, end: Double) -> String? {
    var touches = false
    for event in events {
      let overlap = min(end, event.end) - max(begin, event.begin)
      if overlap > 0.5 * (end - begin) { return event.label }
      if overlap > 0 { touches = true }
    }
    return touches ? nil : label
  }
}
