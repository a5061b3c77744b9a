import DetectorHost
import Glibc
import GraphEngine
import GraphText
import JSONText
import Models
import NumberText
import TextEscapes

/// Adapts a model to another microphone or place: measures offsets on normal sound there, moves the model's inputs by
/// them, and sets its thresholds on the same sound.
struct Adaptation: @unchecked Sendable {
  let graph: Graph
  let node: Graph.Node
  let input: DetectorInput
  /// Path of the model that is adapted, and where the new one goes.
  let path: String
  let output: String
  let options: AdaptationOptions
  let callbacks: WorkCallbacks

  /// - Parameter heard: by machine; machines of the model without sound here stay unchanged.
  /// - Throws: `TrainingError` where there is too little sound, or offsets do not explain the difference. Then it
  ///   writes nothing.
  func run(_ heard: [String: HeardSound]) throws -> AdaptationSummary {
    let before = try opened()
    let columns = try LevelColumns(input, of: node.name)
    var model = before
    var machines: [AdaptedMachine] = []
    for (index, machine) in before.machines.enumerated() {
      guard let heard = heard[machine.name] else { continue }
      let adapted = try measured(machine, index, heard, before, columns)
      try model.move(
        machine: index, adapted.offsets.offsets.map { $0 / columns.decibels }, frequencies: input.frequencies,
        bandUnit: columns.bandUnit)
      machines.append(adapted)
    }
    guard !machines.isEmpty else {
      let known = before.machines.map(\.name).joined(separator: ", ")
      throw TrainingError(
        heard.isEmpty
          ? "all sound of the model's machines is silent: \(known)"
          : "the sound is of \(heard.keys.sorted().joined(separator: ", ")), but the model knows \(known): rename the source's "
            + "'machines'")
    }
    let temporary = "\(output).\(getpid()).untested"
    defer { unlink(PathText.bytes(temporary)) }
    try model.save(temporary)
    try judge(&machines, by: temporary)
    for (place, machine) in try calibrated(machines, model).enumerated() {
      machines[place].after = machine.threshold
      model.machines[machines[place].index] = machine
      model.machines[machines[place].index].note(
        machines[place].json(options.origin), offsets: machines[place].offsets.offsets)
      warnOfRise(machines[place])
    }
    try callbacks.checkCancelled()
    try model.save(output)
    return AdaptationSummary(model: model, machines: machines)
  }

  private func opened() throws -> ModelFile {
    let model: ModelFile
    do { model = try ModelFile(path: path) } catch { throw TrainingError(error.description) }
    guard model.labels.isEmpty else {
      throw TrainingError("\(path): is a classifier's model; `adapt` works only on models of normal sound")
    }
    if let difference = input.differences(fromModel: model.frontEnd).first {
      throw TrainingError("\(path): was trained with another front end: \(difference)")
    }
    return model
  }

  // MARK: Offsets

  private func measured(
    _ machine: ModelFile.Machine, _ index: Int, _ heard: HeardSound, _ model: ModelFile, _ columns: LevelColumns
  ) throws -> AdaptedMachine {
    let refused = "machine '\(machine.name)': not adapted: "
    guard let learned = LearnedLevels(model, machine: index, columns: input.columns) else {
      throw TrainingError(
        "\(path): lacks the levels of its training data: an earlier version made it. Train it "
          + "again with this one")
    }
    let values = heard.measured.map(\.values)
    func offsets(_ part: [[Float]]) -> BandOffsets {
      BandOffsets(part, columns, learned, seconds: Double(part.count) * input.period)
    }
    let whole = offsets(values)
    if let shortage = whole.shortage(columns, learned) { throw TrainingError(refused + shortage) }
    if let residual = whole.residual {
      try object(
        machine.name, "offsets do not explain how the sound here differs from what was learned: \(residual)")
    }
    let tokens = try judge(of: machine.name, by: path)
    let before = try values.map { try tokens.score($0, channel: heard.channel) }
    return AdaptedMachine(
      name: machine.name, index: index, offsets: whole, frequencies: input.frequencies, before: machine.threshold,
      scoresBefore: before, heard: heard,
      folds: heard.rests.map { rest in offsets(rest.map(\.values)).offsets.map { $0 / columns.decibels } },
      shift: whole.offsets.map { $0 / columns.decibels })
  }

  /// Reports a problem that --force overrides.
  private func object(_ machine: String, _ text: String) throws {
    guard options.isForced else {
      throw TrainingError(
        "machine '\(machine)': not adapted: \(text). Check that it is the right machine and that it is healthy; train again on sound from here, or use --force"
      )
    }
    callbacks.warn("machine '\(machine)': \(text); adapted anyway (--force)")
  }

  /// A threshold far above the old one may miss faults that were found before.
  private func warnOfRise(_ machine: AdaptedMachine) {
    guard let before = machine.before, let after = machine.after, before > 0, after > Self.mostRise * before else {
      return
    }
    callbacks.warn(
      "machine '\(machine.name)': its threshold rose from \(NumberText.rounded(before, 2)) to \(NumberText.rounded(after, 2)): "
        + "it no longer finds faults that score between them. If the machine was healthy, give more sound "
        + "of it, or train again here")
  }

  private static let mostRise = 2.0

  // MARK: Scores

  /// Scores each token by the adapted model, with offsets measured without the token's stretch.
  private func judge(_ machines: inout [AdaptedMachine], by model: String) throws {
    for place in machines.indices {
      let machine = machines[place]
      let tokens = try judge(of: machine.name, by: model)
      for (token, fold) in zip(machine.heard.measured, machine.heard.folds) {
        try callbacks.checkCancelled()
        machines[place].scores.append(
          try tokens.score(machine.crossFitted(token.values, fold), channel: machine.heard.channel))
      }
      let above = machines[place].flagged(machines[place].scores, above: machine.before)
      if let above, above > Self.mostFlagged {
        let asBefore = machine.flaggedBefore.map { " (without them \(NumberText.rounded(100 * $0, 0)) %)" } ?? ""
        try object(
          machine.name,
          "offsets do not explain how the sound here differs from what was learned: \(NumberText.rounded(100 * above, 0)) % of "
            + "it is above the model's threshold even so\(asBefore)")
      }
    }
  }

  /// The machines of the moved model, with thresholds from these scores: no token influences the offsets that it is
  /// scored with.
  private func calibrated(_ machines: [AdaptedMachine], _ model: ModelFile) throws -> [ModelFile.Machine] {
    let known = model.machines.lazy.compactMap { $0.calibration["rule"]?.text }.first
    let rule = options.rule ?? known.flatMap { ThresholdRule($0) } ?? .standard
    var scores = HeldOutScores()
    for machine in machines { machine.addScores(to: &scores) }
    let judged = JudgedRun(graph, node: node.name, model: nil, callbacks: callbacks)
    let unit = judged.unit(machines: machines.map(\.name))
    return try ThresholdSetting(rule: rule, unit: unit, limits: model.scoreLimits, callbacks: callbacks)
      .set(machines.map { model.machines[$0.index] }, scores)
  }

  /// If more normal sound than this is above the model's own threshold, the cause is more than offsets.
  private static let mostFlagged = 0.5

  /// The detector with a model, for a machine's tokens.
  private func judge(of machine: String, by model: String) throws -> TokenJudge {
    var input = input
    if !input.machines.contains(machine), graph.channels == 1 {
      // A recording may name the machine on a graph's only channel.
      var named = graph.tapped(inPlaceOf: node.name, TapStore())
      named.nameMachines([machine])
      input = try Engine(graph: named).input(of: node.name, rate: input.driverRate)
    }
    return try TokenJudge(graph, node: node.judging(by: model), input: input, log: callbacks.log)
  }
}

/// The options of `adapt`.
public struct AdaptationOptions: Sendable {
  /// Nil: the rule that the model has.
  public var rule: ThresholdRule?
  /// Continues although offsets do not explain the difference.
  public var isForced = false
  /// Live: seconds of sound to listen to.
  public var seconds = 60.0
  /// Where the sound comes from, for the model's history.
  var origin: [String: JSONValue] = [:]

  public init() {}
}
