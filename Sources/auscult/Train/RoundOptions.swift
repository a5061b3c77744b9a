import ArgumentParser
import Training

/// Options of `train --live`.
struct RoundOptions: ParsableArguments {
  @Flag(help: "Learn from the graph's input on JACK, then watch.") var live = false

  @Option(help: ArgumentHelp("Tokens of each machine that a round learns from (default: 10).", valueName: "number"))
  var round: Int?

  @Option(help: ArgumentHelp("Learn in rounds until the loss is below this (default: 0.1).", valueName: "loss"))
  var untilLoss: Double?

  @Option(help: ArgumentHelp("The most rounds, at any loss.", valueName: "number")) var rounds: Int?

  @Option(
    help: ArgumentHelp("Stop learning after this duration of sound: 90, 90s, 1.5min, 2h.", valueName: "time"))
  var duration: Seconds?

  @Flag(help: "End after writing the model, instead of watching with it.") var end = false

  func validate() throws {
    if let round, !(1...1_000_000).contains(round) { throw ValidationError("--round takes a number from 1 on.") }
    if let rounds, !(1...1_000_000).contains(rounds) { throw ValidationError("--rounds takes a number from 1 on.") }
    if let untilLoss, !(untilLoss > 0) { throw ValidationError("--until-loss takes a number above 0.") }
  }

  /// The given options that need `--live`.
  var given: [String] {
    [
      round == nil ? nil : "--round", untilLoss == nil ? nil : "--until-loss", rounds == nil ? nil : "--rounds",
      duration == nil ? nil : "--duration", end ? "--end" : nil,
    ].compactMap { $0 }
  }

  var options: LiveTraining.Options {
    var options = LiveTraining.Options()
    if let round { options.round = round }
    if let untilLoss { options.untilLoss = untilLoss }
    options.rounds = rounds
    options.seconds = duration?.number
    return options
  }
}
