import Glibc
import GraphEngine
import GraphText
import JSONText
import Models

extension TrainingRun {
  /// The machines of a model with thresholds, set on what was held out, through the graph as it runs.
  func thresholds(
    _ model: ModelFile, _ set: RecordingSet, _ collected: Collected, beside output: String
  ) throws -> [ModelFile.Machine] {
    if case .manual = rule {
      return try ThresholdSetting(rule: rule, conversation: conversation).set(model.machines, HeldOutScores())
    }
    let temporary = "\(output).\(getpid()).untested"
    defer { unlink(temporary) }
    try model.write(temporary)
    let judged = JudgedRun(graph, node: node.name, model: temporary, conversation: conversation)
    let isWanted = { (recording: Recording) -> Bool in
      switch recording.part {
      case .validation: true
      // Stretches of what was learned from are held out.
      case .train: !collected.blocks.isEmpty && recording.label == Label.normal
      default: false
      }
    }
    let recordings = set.recordings.filter { isWanted($0) && Label.isAnomalyTask([$0.label]) }
    var scores = HeldOutScores()
    try judged.run(recordings, share: 0.8...1, what: "held out") { _, recording, tokens, machine, _ in
      let length = tokens.map(\.endSecond).max() ?? 0
      let blocks = TimeBlocks(heldOut: heldOut, length: length, extent: collected.input.extent)
      guard recording.part == .validation || collected.blocks.contains(machine) else { return }
      scores.add(tokens, of: recording, machine: machine) { token in
        recording.part == .validation
          || blocks.part(begin: token.beginSecond, end: token.endSecond) == .validation
      }
    }
    return try ThresholdSetting(rule: rule, conversation: conversation).set(model.machines, scores)
  }
}

/// Scores on sound that was not learned from, by machine.
struct HeldOutScores {
  var normal: [String: [ScoreStream]] = [:]
  var anomalous: [String: [Double]] = [:]

  init() {}

  /// Tokens that are silent are left out: an alarm does not count them either.
  mutating func add(_ tokens: [TapToken], of recording: Recording, machine: String, where isWanted: (TapToken) -> Bool)
  {
    var stream = ScoreStream()
    for token in tokens where !token.isSilent && isWanted(token) {
      guard let score = token.score else { continue }
      switch recording.label(begin: token.beginSecond, end: token.endSecond) {
      case Label.normal: stream.append(begin: token.beginSecond, end: token.endSecond, score: score.value)
      case Label.anomalous: anomalous[machine, default: []].append(score.value)
      default: break
      }
    }
    if !stream.scores.isEmpty { normal[machine, default: []].append(stream) }
  }
}

/// Sets the thresholds of a model's machines by a rule.
struct ThresholdSetting {
  /// Fewer scores, or seconds, tell little of how often normal sound goes beyond a threshold.
  private static let fewest = (scores: 20, seconds: 5.0)

  let rule: ThresholdRule
  let conversation: Conversation

  func set(_ machines: [ModelFile.Machine], _ scores: HeldOutScores) throws -> [ModelFile.Machine] {
    try machines.map { machine in
      var machine = machine
      let normal = scores.normal[machine.name] ?? []
      do {
        machine.threshold = try rule.threshold(normal: normal, anomalous: scores.anomalous[machine.name] ?? [])
      } catch let error as TrainingError {
        throw TrainingError("machine '\(machine.name)': \(error.description)")
      }
      machine.calibration = calibration(machine.threshold!, normal)
      warn(machine)
      return machine
    }
  }

  private func warn(_ machine: ModelFile.Machine) {
    guard let scores = machine.calibration["scores"]?.integer, let seconds = machine.calibration["seconds"]?.number,
      scores < Self.fewest.scores || seconds < Self.fewest.seconds
    else { return }
    conversation.warn(
      "machine '\(machine.name)': its threshold rests on \(scores) token\(scores == 1 ? "" : "s") "
        + "(\(decimal(seconds, 1)) s) of held-out sound, and may be far off: set it again on more of it, with `auscult calibrate`"
    )
  }

  private func calibration(_ threshold: Double, _ normal: [ScoreStream]) -> JSONValue {
    let values = normal.flatMap(\.scores)
    var members: [String: JSONValue] = ["rule": .text(rule.text), "scores": .integer(Int64(values.count))]
    guard !values.isEmpty else { return .object(members) }
    let rate = FalseAlarmRate(normal)
    members["seconds"] = .number(rate.hours * 3600)
    members["alarms"] = .integer(Int64(rate.alarms(above: threshold)))
    members["alarms_per_hour"] = .number(rate.hours > 0 ? Double(rate.alarms(above: threshold)) / rate.hours : 0)
    members["mean"] = .number(values.reduce(0, +) / Double(values.count))
    members["greatest"] = .number(values.max()!)
    members["histogram"] = Histogram(values).json
    return .object(members)
  }
}
