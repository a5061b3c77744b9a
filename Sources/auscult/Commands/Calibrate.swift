import ArgumentParser
import GraphText
import RunControl
import Training

/// `auscult calibrate`
struct Calibrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sets a model's alarm thresholds anew, on new normal sound, without training again.",
    discussion: """
      The thresholds go into the model file; what it has learned stays. Machines that no recording is of keep theirs. \
      False alarms are events of the graph's 'alarm', with its delays. How recordings differ is what the threshold allows \
      for: give several, of other hours and days. With too little sound for the budget it is set high, and the command \
      says how much more to record.

      Examples:
        auscult calibrate fan.yaml --normal this-week/
        auscult calibrate fan.yaml --normal this-week/ --false-alarms-per-hour 0.1
        auscult calibrate fan.yaml --manifest all.csv --threshold best-f1 --output fan-2.safetensors
      """)

  @OptionGroup var input: GraphInput
  @Option(help: "The detector; needed where the graph has several.") var node: String?
  @OptionGroup(title: "Recordings") var data: DataOptions
  @OptionGroup(title: "Thresholds") var thresholds: ThresholdOptions
  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write the model here instead of in its own place.", valueName: "model"))
  var output: String?
  @Flag(help: "Take recordings too that the model was trained on, or whose sensor is stuck.") var force = false
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
