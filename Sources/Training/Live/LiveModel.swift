import DetectorHost
import FoundationEssentials
import Glibc
import GraphEngine
import GraphText
import JSONText
import Models

/// Makes a model from live training, sets its thresholds on the held-out tokens, and writes it completely or not at
/// all. Thread: the one that trained.
struct LiveModel: @unchecked Sendable {
  private let graph: Graph
  private let node: Graph.Node
  private let options: LiveTraining.Options
  private let output: String
  private let callbacks: WorkCallbacks
  private let input: DetectorInput
  private let trainer: DetectorTrainer
  private let curves: [LearningCurve]
  private let heldOut: [[[TapToken]]]
  private let remembered: [[Float]]
  private let learned: Int
  private let rounds: Int
  private let seconds: Double

  init(_ training: LiveTraining) {
    graph = training.whole
    node = training.node
    options = training.options
    output = training.output
    callbacks = training.callbacks
    input = training.input
    trainer = training.trainer
    curves = training.recorder.curves
    heldOut = training.heldOut
    remembered = training.remembered
    learned = training.learnedTokens
    rounds = training.rounds.count
    seconds = training.seconds
  }

  func write() throws -> TrainingRun.Summary {
    let result = try trainer.result()
    var model = ModelFile(result, of: node, in: graph, input: input, machines: input.machines)
    for (index, values) in remembered.enumerated() where !values.isEmpty {
      model.remember(LearnedLevels(values, columns: input.columns), machine: index)
    }
    model.seed = options.seed
    model.training = trainingJSON
    model.machines = try thresholds(model)
    try callbacks.checkCancelled()
    try model.save(output)
    var summary = TrainingRun.Summary(model: model, figures: result.figures, curves: curves)
    summary.tokens = [.train: learned, .validation: heldOut.joined().reduce(0) { $0 + $1.count }]
    summary.seconds = seconds
    summary.rounds = rounds
    return summary
  }

  private var trainingJSON: JSONValue {
    var members: [String: JSONValue] = [
      "live": true, "rounds": .integer(Int64(rounds)), "seconds": .number(seconds), "tokens": .integer(Int64(learned)),
      "input": .text(input.text), "held_out": .number(options.heldOut),
    ]
    if !curves.isEmpty { members["curves"] = .array(curves.map(\.json)) }
    return .object(members)
  }

  /// By the same rules as for recordings, on the held-out tokens of the rounds: each round's are one stretch of sound.
  private func thresholds(_ model: ModelFile) throws -> [ModelFile.Machine] {
    let rule = options.rule ?? .standard
    if case .manual = rule {
      return try ThresholdSetting(rule: rule, callbacks: callbacks).set(model.machines, HeldOutScores())
    }
    let temporary = FileManager.default.temporaryDirectory.path + "/auscult-untested-\(UUID().uuidString)"
    defer { unlink(temporary) }
    try model.write(temporary)
    let judge = try TokenJudge(graph, node: node.judging(by: temporary), input: input, log: callbacks.log)
    var scores = HeldOutScores()
    for (channel, stretches) in heldOut.enumerated() {
      for (number, stretch) in stretches.enumerated() {
        try callbacks.checkCancelled()
        var stream = ScoreStream(recording: number, rate: input.driverRate)
        for token in stretch {
          guard let view = token.view else { continue }
          let score = try judge.score(view.withValues { Array($0) }, channel: channel)
          stream.append(begin: token.beginSecond, end: token.endSecond, score: score)
          stream.heard.append(token.heard(score))
        }
        scores.normal[input.machines[channel], default: []].append(stream)
      }
    }
    let judged = JudgedRun(graph, node: node.name, model: temporary, callbacks: callbacks)
    let unit = judged.unit(machines: input.machines)
    return try ThresholdSetting(rule: rule, unit: unit, limits: model.scoreLimits, callbacks: callbacks).set(
      model.machines, scores)
  }
}
