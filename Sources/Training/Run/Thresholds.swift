import FoundationEssentials
import Glibc
import GraphEngine
import GraphText
import JSONText
import Models
import NumberText

extension ModelFile {
  /// By machine: the upper bound of scores, if the class stores one as a tensor `score_limit` of one value.
  var scoreLimits: [String: Double] {
    // A file may name a machine twice.
    Dictionary(
      machines.enumerated().compactMap { index, machine in
        doubles("score_limit", machine: index)?.first.map { (machine.name, $0) }
      }, uniquingKeysWith: min)
  }
}

extension TrainingRun {
  /// The machines of a model with thresholds, set on held-out sound that runs through the whole graph.
  ///
  /// - Parameter crossFitted: nil: the recordings state themselves what is held out.
  func thresholds(
    _ model: ModelFile, _ set: RecordingSet, crossFitted: HeldOutScores?
  ) throws -> [ModelFile.Machine] {
    if case .manual = rule {
      return try ThresholdSetting(rule: rule, callbacks: callbacks).set(model.machines, HeldOutScores())
    }
    let temporary = FileManager.default.temporaryDirectory.path + "/auscult-untested-\(UUID().uuidString)"
    defer { unlink(temporary) }
    try model.write(temporary)
    let judged = JudgedRun(graph, node: node.name, model: temporary, callbacks: callbacks)
    let unit = judged.unit(machines: model.machines.map(\.name))
    let setting = ThresholdSetting(rule: rule, unit: unit, limits: model.scoreLimits, callbacks: callbacks)
    if let crossFitted { return try setting.set(model.machines, crossFitted) }
    let recordings = set.recordings.filter { $0.part == .validation && Label.isAnomalyTask([$0.label]) }
    let groups = recordings.groupNumbers
    var scores = HeldOutScores()
    try judged.run(recordings, share: 0.8...1, what: "held out") { index, recording, tokens, machine, _ in
      scores.add(tokens, of: recording, number: index, group: groups[index], machine: machine)
    }
    return try setting.set(model.machines, scores)
  }
}

/// Scores on sound that was not used for training, by machine.
struct HeldOutScores {
  var normal: [String: [ScoreStream]] = [:]
  var anomalous: [String: [Double]] = [:]

  init() {}

  /// Adds the scores of a recording and machine. Scores of silent tokens are left out, but alarms get them; a token
  /// that is not normal ends a stream.
  ///
  /// - Parameters:
  ///   - number: identifies the recording.
  ///   - group: equal for recordings that belong together.
  mutating func add(_ tokens: [TapToken], of recording: Recording, number: Int, group: Int, machine: String) {
    var streams: [ScoreStream] = []
    var isOpen = false
    for token in tokens {
      guard let score = token.score, let heard = token.heard else { continue }
      let label = recording.label(begin: token.beginSecond, end: token.endSecond)
      guard label == Label.normal else {
        isOpen = false
        if label == Label.anomalous, !token.isSilent { anomalous[machine, default: []].append(score.value) }
        continue
      }
      if !isOpen { streams.append(ScoreStream(recording: number, group: group, rate: token.rate)) }
      isOpen = true
      streams[streams.count - 1].heard.append(heard)
      guard !token.isSilent else { continue }
      streams[streams.count - 1].append(begin: token.beginSecond, end: token.endSecond, score: score.value)
    }
    normal[machine, default: []] += streams.filter { !$0.scores.isEmpty }
    if normal[machine]?.isEmpty == true { normal[machine] = nil }
  }
}

/// Sets the thresholds of a model's machines by a rule.
struct ThresholdSetting {
  /// With fewer scores, or seconds, a threshold is uncertain.
  private static let fewest = (scores: 20, seconds: 5.0)

  let rule: ThresholdRule
  var unit = EventUnit.stretch
  /// By machine: the upper bound of scores.
  var limits: [String: Double] = [:]
  let callbacks: WorkCallbacks

  func set(_ machines: [ModelFile.Machine], _ scores: HeldOutScores) throws -> [ModelFile.Machine] {
    try machines.map { machine in
      var machine = machine
      let normal = scores.normal[machine.name] ?? []
      do {
        machine.threshold = try rule.threshold(
          normal: normal, anomalous: scores.anomalous[machine.name] ?? [], unit: unit)
      } catch let error as TrainingError {
        throw TrainingError("machine '\(machine.name)': \(error.description)")
      }
      bound(&machine, normal)
      machine.calibration = try calibration(machine.threshold!, normal)
      warn(machine)
      return machine
    }
  }

  /// A threshold that no score can exceed would never raise an alarm: it is lowered to slightly below the score of
  /// sound that is far from all training sound.
  private func bound(_ machine: inout ModelFile.Machine, _ normal: [ScoreStream]) {
    guard case .falseAlarms = rule, let limit = limits[machine.name], let greatest = normal.flatMap(\.scores).max()
    else {
      return
    }
    let highest = greatest + 0.9 * (limit - greatest)
    guard greatest < limit, let threshold = machine.threshold, threshold > highest else { return }
    machine.threshold = highest
    callbacks.warn(
      "machine '\(machine.name)': by this rule the threshold would be \(NumberText.rounded(threshold, 3)), above any score "
        + "of this detector; it is set to \(NumberText.rounded(highest, 3)), so that an alarm stays possible"
    )
  }

  private func warn(_ machine: ModelFile.Machine) {
    let calibration = ThresholdFacts(machine.calibration)
    if let advice = calibration.advice { return callbacks.warn("machine '\(machine.name)': \(advice)") }
    guard let scores = machine.calibration["scores"]?.integer, let seconds = calibration.seconds,
      scores < Self.fewest.scores || seconds < Self.fewest.seconds
    else { return }
    callbacks.warn(
      "machine '\(machine.name)': its threshold rests on \(scores) token\(scores == 1 ? "" : "s") "
        + "(\(NumberText.rounded(seconds, 1)) s) of held-out sound, and may be far off: recalibrate with more sound (`auscult calibrate`)"
    )
  }

  private func calibration(_ threshold: Double, _ normal: [ScoreStream]) throws -> JSONValue {
    let values = normal.flatMap(\.scores)
    var members: [String: JSONValue] = ["rule": .text(rule.text), "scores": .integer(Int64(values.count))]
    guard !values.isEmpty else { return .object(members) }
    let rate = try FalseAlarmRate(normal, unit: unit)
    let alarms = try rate.alarms(above: threshold)
    let interval = try rate.interval(above: threshold)
    members["unit"] = .text(rate.kind.rawValue)
    if unit.kind != rate.kind { members["too_short"] = true }
    members["groups"] = .text(rate.groups.words)
    members["seconds"] = .number(rate.hours * 3600)
    members["alarms"] = .integer(Int64(alarms))
    members["alarms_per_hour"] = .number(Double(alarms) / rate.hours)
    members["alarms_per_hour_interval"] = [.number(interval.low), .number(interval.high)]
    members["least_budget"] = .number(rate.leastBudget)
    if case .falseAlarms(let budget) = rule {
      members["missing_seconds"] = .number(rate.missingSeconds(perHour: budget))
    }
    members["mean"] = .number(values.reduce(0, +) / Double(values.count))
    members["greatest"] = .number(values.max()!)
    members["histogram"] = Histogram(values).json
    return .object(members)
  }
}
