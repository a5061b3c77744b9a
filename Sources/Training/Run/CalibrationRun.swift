import GraphEngine
import GraphText
import JSONText
import Models

/// Recalibrates a model's thresholds on normal sound that it was not trained on. Its training stays unchanged.
public struct CalibrationRun {
  let graph: Graph
  let node: Graph.Node
  let rule: ThresholdRule?
  let isForced: Bool
  let callbacks: WorkCallbacks

  /// - Parameters:
  ///   - rule: nil: the model's rule.
  ///   - isForced: include recordings that the model was trained on.
  public init(
    _ graph: Graph, node: String?, rule: ThresholdRule?, isForced: Bool, callbacks: WorkCallbacks
  ) throws {
    self.graph = graph
    self.rule = rule
    self.isForced = isForced
    self.callbacks = callbacks
    self.node = try graph.detector(node)
  }

  /// The path of the graph's model.
  public func modelPath() throws -> String {
    guard case .text(let path)? = node.argument("model")?.value else {
      throw TrainingError(
        "node '\(node.name)' has no model: give one in the graph, or with --set \(node.name).model=FILE")
    }
    return path
  }

  /// Writes the model with new thresholds. Machines without a recording keep theirs.
  public func run(_ set: RecordingSet, output: String) throws -> ModelFile {
    let path = try modelPath()
    try ModelPath.prepare(output, graph: graph, model: path, set: set)
    var model: ModelFile
    do {
      model = try ModelFile(path: path)
    } catch {
      throw TrainingError(error.description)
    }
    var recordings = set.recordings.filter { Label.isAnomalyTask([$0.label]) && ($0.part ?? .validation) != .train }
    guard recordings.contains(where: { $0.label == Label.normal }) else {
      throw TrainingError("\(set.source): has no normal recordings to set thresholds by")
    }
    try TrainedOn(model).check(recordings, isForced: isForced, callbacks)
    if !isForced { try RecordingSet.checkSensors(recordings, channels: graph.channels ?? .max, callbacks) }
    recordings = recordings.withoutCopies(callbacks)
    let known = model.machines.first { $0.calibration["rule"]?.text != nil }?.calibration["rule"]?.text
    let rule = self.rule ?? known.flatMap { ThresholdRule($0) } ?? .standard
    let groups = recordings.groupNumbers
    var scores = HeldOutScores()
    let judged = JudgedRun(graph, node: node.name, model: path, callbacks: callbacks)
    var judgedOf: Set<Int> = []
    try judged.run(recordings, what: "listening to") { index, recording, tokens, machine, _ in
      if !tokens.isEmpty { judgedOf.insert(index) }
      scores.add(tokens, of: recording, number: index, group: groups[index], machine: machine)
    }
    let tooShort = recordings.indices.filter { !judgedOf.contains($0) }.map { recordings[$0].path }
    if !tooShort.isEmpty {
      callbacks.warn(
        "\(tooShort.count) of \(recordings.count) recordings \(tooShort.count == 1 ? "is" : "are") too short for a token, and "
          + "thresholds are set without \(tooShort.count == 1 ? "it" : "them"): \(listed(tooShort))")
    }
    let heard = model.machines.filter { scores.normal[$0.name] != nil }
    guard !heard.isEmpty else {
      throw TrainingError("\(set.source): its normal recordings are silent, or too short for a token")
    }
    let unit = judged.unit(machines: heard.map(\.name))
    let updated = try ThresholdSetting(rule: rule, unit: unit, limits: model.scoreLimits, callbacks: callbacks)
      .set(heard, scores)
    model.machines = model.machines.map { machine in updated.first { $0.name == machine.name } ?? machine }
    try callbacks.checkCancelled()
    try model.save(output)
    return model
  }
}

/// The recordings that a model was trained on, by content.
struct TrainedOn {
  private let digests: [String: String]
  /// Models of earlier versions identify recordings by their files alone, not by their sound.
  private let knowsFilesAlone: Bool

  init(_ model: ModelFile, parts: Set<Part> = [.train, .validation]) {
    let recordings = model.training["recordings"]?.array ?? []
    let wanted = recordings.filter { parts.contains(Part(rawValue: $0["part"]?.text ?? "") ?? .train) }
    knowsFilesAlone = wanted.contains { $0["sound"] == nil }
    digests = Dictionary(
      wanted.flatMap { recording in
        ["sha256", "sound"].compactMap { recording[$0]?.text }.map { ($0, recording["part"]?.text ?? "train") }
      }
    ) { first, _ in first }
  }

  func contains(_ recording: Recording) -> Bool {
    if let sound = try? SoundDigest.of(recording.path), digests[String(sound.dropFirst(7))] != nil { return true }
    guard knowsFilesAlone, let digest = try? OpenModel.digest(ofFile: recording.path) else { return false }
    return digests[String(digest.dropFirst(7))] != nil
  }

  /// Refuses recordings that the model was trained on, or warns about them.
  func check(_ recordings: [Recording], isForced: Bool, _ callbacks: WorkCallbacks) throws {
    let leaks = try recordings.filter { recording in
      try callbacks.checkCancelled()
      return contains(recording)
    }
    guard let first = leaks.first else { return }
    let more = leaks.count > 1 ? " (and \(leaks.count - 1) more)" : ""
    let text = "\(first.place.map { "\($0): " } ?? "")\(first.path)\(more): the model was trained on it"
    guard isForced else {
      throw TrainingError("\(text), so results would look better than they are. Leave it out, or use --force")
    }
    callbacks.warn("\(text): results look better than they are")
  }
}
