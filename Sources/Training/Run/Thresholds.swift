import Foundation
import Glibc
import GraphEngine
import GraphText
import JSONText
import Models
import NumberText

extension ModelFile {
  /// By machine: what no score exceeds, where the class says so by a tensor `score_limit` of one value.
  var scoreLimits: [String: Double] {
    // A file may name a machine twice.
    Dictionary(
      machines.enumerated().compactMap { index, machine in
        doubles("score_limit", machine: index)?.first.map { (machine.name, $0) }
      }, uniquingKeysWith: min)
  }
}

extension TrainingRun {
  /// The machines of a model with thresholds, set on what was held out, through the graph as it runs.
  ///
  /// - Parameter crossFitted: nil: the recordings themselves say what is held out.
  func thresholds(
    _ model: ModelFile, _ set: RecordingSet, crossFitted: HeldOutScores?
  ) throws -> [ModelFile.Machine] {
    if case .manual = rule {
      return try ThresholdSetting(rule: rule, callbacks: callbacks).set(model.machines, HeldOutScores())
    }
    let temporary = NSTemporaryDirectory() + "auscult-untested-\(UUID().uuidString)"
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

/// Scores on sound that was not learned from, by machine.
struct HeldOutScores {
  var normal: [String: [ScoreStream]] = [:]
  var anomalous: [String: [Double]] = [:]

  init() {}

  /// Takes the scores of a recording and machine. Tokens that are silent are no scores, but an alarm hears them; one that
  /// is of no normal sound ends a stream.
  ///
  /// - Parameters:
  ///   - number: tells recordings apart.
  ///   - group: the same for those that belong together.
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
  /// Fewer scores, or seconds, tell little of how normal sound scores.
  private static let fewest = (scores: 20, seconds: 5.0)

  let rule: ThresholdRule
  var unit = EventUnit.stretch
  /// By machine: what no score exceeds.
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

  /// A threshold that no score can exceed would never raise an alarm: one that the rule puts there is set a little below
  /// what the detector gives for sound that is far from all that it has learned.
  private func bound(_ machine: inout ModelFile.Machine, _ normal: [ScoreStream]) {
    guard case .falseAlarms = rule, let limit = limits[machine.name], let greatest = normal.flatMap(\.scores).max()
    else {
      return
    }
    let highest = greatest + 0.9 * (limit - greatest)
    guard greatest < limit, let threshold = machine.threshold, threshold > highest else { return }
    machine.threshold = highest
    callbacks.warn(
      "machine '\(machine.name)': for so few alarms the threshold would lie at \(NumberText.rounded(threshold, 3)), above any score that "
        + "this detector gives; it is set to \(NumberText.rounded(highest, 3)), so that an alarm stays possible"
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
        + "(\(NumberText.rounded(seconds, 1)) s) of held-out sound, and may be far off: set it again on more of it, with `auscult calibrate`"
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
