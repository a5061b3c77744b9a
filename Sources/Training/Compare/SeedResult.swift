import JSONText

/// Result of a detector, trained with one seed, on one recording of one machine.
public struct JudgedRecording: Sendable, Equatable {
  public var path: String
  /// "" where neither recordings nor several channels name machines.
  public var machine: String
  /// `Label.unlabelled` where it is neither normal nor anomalous: it counts for no area.
  public var label: String
  /// The mean of its scores.
  public var score: Double
  /// Classifiers: the label that most of its tokens have.
  public var found: String?
  /// Tokens of normal sound, and how many are above the threshold.
  public var normalTokens: Int
  public var flaggedTokens: Int
}

/// The result of one graph and one seed: the source of all figures.
public struct SeedResult: Sendable, Equatable {
  public var seed: UInt64
  /// sha256 of the trained tensors; nil: the detector learns while it runs.
  public var learned: String?
  public var recordings: [JudgedRecording] = []
  /// Seconds of training and of judging.
  public var training = 0.0
  public var judging = 0.0

  init(seed: UInt64) { self.seed = seed }

  /// Adds the scores of the recordings.
  mutating func note(_ evaluation: Evaluation) {
    let isSingle = evaluation.machines.count == 1
    let groups = Dictionary(grouping: evaluation.tokens) { [$0.machine, "\($0.recording)"] }
    recordings = groups.values.map { tokens in
      let recording = evaluation.recordings[tokens[0].recording]
      let normal = tokens.filter { $0.isAnomalous == false }
      return JudgedRecording(
        path: recording.path, machine: recording.machine ?? (isSingle ? "" : tokens[0].machine),
        label: recording.events.isEmpty ? recording.label : Label.unlabelled,
        score: tokens.reduce(0) { $0 + $1.score } / Double(tokens.count), found: Self.vote(tokens, evaluation.labels),
        normalTokens: normal.count, flaggedTokens: normal.count(where: \.isFlagged))
    }.sorted { ($0.path, $0.machine) < ($1.path, $1.machine) }
  }

  /// The label that most tokens have; among equals the first in the model's order, as in `Evaluation.confusion`.
  private static func vote(_ tokens: [JudgedToken], _ labels: [String]) -> String? {
    let votes = Dictionary(grouping: tokens.compactMap(\.found)) { $0 }.mapValues(\.count)
    guard let most = votes.values.max() else { return nil }
    return labels.first { votes[$0] == most }
  }
}

extension SeedResult {
  var json: JSONValue {
    var members: [String: JSONValue] = [
      "seed": .text("\(seed)"), "training_seconds": .number(training), "judging_seconds": .number(judging),
      "recordings": .array(recordings.map(\.json)),
    ]
    if let learned { members["learned"] = .text(learned) }
    return .object(members)
  }

  /// Nil for anything that `json` does not write.
  init?(_ json: JSONValue) {
    guard let seed = json["seed"]?.text.flatMap({ UInt64($0) }), let items = json["recordings"]?.array,
      let training = json["training_seconds"]?.number, let judging = json["judging_seconds"]?.number
    else { return nil }
    self.seed = seed
    self.training = training
    self.judging = judging
    learned = json["learned"]?.text
    recordings = items.compactMap { JudgedRecording($0) }
    guard recordings.count == items.count, !items.isEmpty else { return nil }
  }
}

extension JudgedRecording {
  fileprivate var json: JSONValue {
    var members: [String: JSONValue] = [
      "file": .text(path), "machine": .text(machine), "label": .text(label), "score": .number(score),
      "normal_tokens": .integer(Int64(normalTokens)), "flagged_tokens": .integer(Int64(flaggedTokens)),
    ]
    if let found { members["found"] = .text(found) }
    return .object(members)
  }

  fileprivate init?(_ json: JSONValue) {
    guard let path = json["file"]?.text, let machine = json["machine"]?.text, let label = json["label"]?.text,
      let score = json["score"]?.number, score.isFinite, let normal = json["normal_tokens"]?.integer,
      let flagged = json["flagged_tokens"]?.integer, (0...normal).contains(flagged), normal <= Int64(Int32.max)
    else { return nil }
    self.init(
      path: path, machine: machine, label: label, score: score, found: json["found"]?.text, normalTokens: Int(normal),
      flaggedTokens: Int(flagged))
  }
}
