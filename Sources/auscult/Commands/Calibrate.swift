import ArgumentParser
import GraphText
import RunControl
import Training

/// `auscult calibrate`
struct Calibrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Recalibrates a model's alarm thresholds on new normal sound, without training.",
    discussion: """
      The command writes the thresholds into the model file. Machines without a recording keep theirs. False alarms are \
      events of the graph's 'alarm', with its delays. The threshold allows for the differences between recordings: give \
      several, of other hours and days. If the sound is too short for the budget, the threshold is set high, and the \
      command says how much more to record.

      Examples:
        auscult calibrate fan.yaml --normal this-week/
        auscult calibrate fan.yaml --normal this-week/ --false-alarms-per-hour 0.1
        auscult calibrate fan.yaml --manifest all.csv --threshold best-f1 --output fan-2.safetensors
      """)

  @OptionGroup var input: GraphInput
  @Option(help: "The detector; required if the graph has several.", completion: .fileNodes) var node: String?
  @OptionGroup(title: "Recordings") var data: DataOptions
  @OptionGroup(title: "Thresholds") var thresholds: ThresholdOptions
  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write the model to this file instead of its own.", valueName: "model"))
  var output: String?
  @Flag(help: "Accept recordings that the model was trained on, or whose sensor is stuck.") var force = false
  @Flag(help: "Print the thresholds as one JSON object.") var json = false
  @OptionGroup var verbosity: ConsoleOptions

  func validate() throws { try data.check() }

  func run() throws {
    let console = verbosity.console(isJSON: json)
    try reporting(console) {
      let set = try data.load(console)
      let graph = try input.load(console: console)
      let (model, path) = try LongWork(console).run { callbacks in
        let run = try CalibrationRun(
          graph, node: node, rule: thresholds.rule, isForced: force, callbacks: callbacks)
        let path = try output ?? run.modelPath()
        return (try run.run(set, output: path), path)
      }
      let table = ThresholdTable(model)
      if json {
        Output.line(["model": .text(path), "machines": table.json])
      } else {
        Output.line("\(table.text)\nwrote \(path.shown)")
      }
    }
  }
}
