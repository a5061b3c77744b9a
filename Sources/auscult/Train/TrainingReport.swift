import Glibc
import GraphEngine
import GraphText
import LiveControl
import Models
import RunControl
import Training

/// The output of `train` and `calibrate`: one line per machine.
struct TrainingReport {
  private let summary: TrainingRun.Summary
  private let output: String
  private let isTerminal: Bool

  /// - Parameter isTerminal: whether the text is for a terminal.
  init(_ summary: TrainingRun.Summary, output: String, isTerminal: Bool = isatty(STDOUT_FILENO) == 1) {
    self.summary = summary
    self.output = output
    self.isTerminal = isTerminal
  }

  var text: String {
    var lines = [CurveText(curves: summary.curves, isTerminal: isTerminal).text].filter { !$0.isEmpty }
    lines += [ThresholdTable(summary.model).text].filter { !$0.isEmpty }
    let figures = summary.figures.filter { $0.name != "tokens" }
    if !figures.isEmpty {
      lines.append(
        figures.map { "\($0.of.isEmpty ? "" : "\($0.of): ")\($0.name) \(Significant.text($0.value))" }
          .joined(separator: "\n"))
    }
    lines.append(learned)
    lines.append("wrote \(output.shown)")
    return lines.joined(separator: "\n")
  }

  private var learned: String {
    let trained = summary.recordings[.train] ?? 0
    let heldOut = summary.rounds == nil ? summary.recordings[.validation] ?? 0 : summary.tokens[.validation] ?? 0
    let folds = summary.folds.map { folds in
      let what = folds.byTime.isEmpty ? "recordings" : "stretches"
      return "; cross-fitted \(folds.count) times for the threshold, each time without some of the \(what)"
    }
    let of =
      summary.rounds.map { "\(Quantity.count($0, "round"))" } ?? Quantity.count(trained, "recording")
    return "learned from \(Quantity.count(summary.tokens[.train] ?? 0, "token")) of \(of) "
      + "(\(Quantity.seconds(summary.seconds)) \(summary.rounds == nil ? "of sound" : "heard"))"
      + (heldOut > 0 ? ", held out \(Quantity.count(heldOut, summary.rounds == nil ? "recording" : "token"))" : "")
      + (folds ?? "")
  }

  var json: JSONValue {
    [
      "model": .text(output), "class": .text(summary.model.className),
      "seed": .integer(Int64(bitPattern: summary.model.seed)),
      "front_end_hash": .text(summary.model.frontEndHash), "machines": ThresholdTable(summary.model).json,
      "labels": .texts(summary.model.labels), "training": summary.model.training,
      "figures": .array(
        summary.figures.map { ["of": .text($0.of), "name": .text($0.name), "value": .number($0.value)] }),
    ]
  }
}

/// A model's thresholds, and how they were set.
struct ThresholdTable {
  private let model: ModelFile
  private let advises: Bool

  /// - Parameter advises: adds a note where the sound is too short for the budget; `train` and `calibrate` warn instead.
  init(_ model: ModelFile, advises: Bool = false) {
    self.model = model
    self.advises = advises
  }

  /// Empty if a classifier chooses the most likely label.
  var text: String {
    let isDefault = model.machines.allSatisfy { $0.threshold == 0 && $0.calibration["rule"]?.text == "manual=0.0" }
    if !model.labels.isEmpty && isDefault { return "" }
    var table = Table([
      ("machine", .left), ("threshold", .right), ("set by", .left), ("held-out sound", .right),
      ("false alarms", .right), ("an hour (95 %)", .right),
    ])
    for machine in model.machines {
      let facts = ThresholdFacts(machine.calibration)
      table.add([
        machine.name, machine.threshold.map { Significant.text($0) } ?? "none",
        machine.calibration["rule"]?.text ?? "", facts.seconds.map { Quantity.seconds($0) } ?? "",
        facts.alarms.map { "\($0)" } ?? "",
        facts.interval.map { "\(Significant.rounded($0.low)) to \(Significant.rounded($0.high))" } ?? "",
      ])
    }
    return ([table.text] + notes).joined(separator: "\n")
  }

  /// One line for each note, also if several machines share it.
  private var notes: [String] {
    var notes: [String] = []
    for machine in model.machines {
      let facts = ThresholdFacts(machine.calibration)
      let advice = advises ? facts.advice.map { "\(machine.name): \($0)" } : nil
      for note in [facts.words, advice].compactMap({ $0 }) where !notes.contains(note) { notes.append(note) }
    }
    return notes
  }

  var json: JSONValue {
    .array(
      model.machines.map {
        .members([
          "name": .text($0.name), "threshold": $0.threshold.map { .number($0) }, "calibration": $0.calibration,
          "offsets": $0.offsets.isEmpty ? nil : .array($0.offsets.map { .number($0) }),
          "adaptations": $0.adaptations.isEmpty ? nil : .array($0.adaptations),
        ])
      })
  }
}

/// Numbers with four significant digits; whole numbers are printed in full.
enum Significant {
  /// With two significant digits.
  static func rounded(_ number: Double) -> String {
    guard number.isFinite, number != 0 else { return "\(Int(0))" }
    let scale = pow(10, floor(log10(abs(number))) - 1)
    return text((number / scale).rounded() * scale)
  }

  static func text(_ number: Double) -> String {
    guard number.isFinite else { return "\(number)" }
    if number == number.rounded(), abs(number) < 1e9 { return Quantity.fixed(number, 0) }
    var magnitude = abs(number)
    var decimals = 3
    while magnitude >= 10 && decimals > 0 {
      magnitude /= 10
      decimals -= 1
    }
    while magnitude < 1 && decimals < 12 {
      magnitude *= 10
      decimals += 1
    }
    return Quantity.fixed(number, decimals)
  }
}
