import GraphText
import RunControl
import Training

/// The output of `adapt`: one line per machine, and the offsets by octaves.
struct AdaptReport {
  private let summary: AdaptationSummary
  private let output: String

  init(_ summary: AdaptationSummary, output: String) {
    self.summary = summary
    self.output = output
  }

  var text: String {
    var table = Table([
      ("machine", .left), ("sound", .right), ("offsets", .right), ("uncertainty", .right),
      ("above the threshold", .right), ("threshold", .right),
    ])
    for machine in summary.machines {
      table.add([
        machine.name, Quantity.seconds(machine.offsets.seconds),
        "\(decibels(machine.range.lowerBound)) to \(decibels(machine.range.upperBound)) dB",
        "\(Quantity.fixed(machine.offsets.uncertainty, 1)) dB",
        change(machine.flaggedBefore.map(percent), machine.flaggedAfter.map(percent)),
        change(machine.before.map(Significant.text), machine.after.map(Significant.text)),
      ])
    }
    let lines = [table.text] + summary.machines.compactMap(octaves) + ["wrote \(output.shown)"]
    return lines.joined(separator: "\n")
  }

  private func change(_ before: String?, _ after: String?) -> String { "\(before ?? "none") -> \(after ?? "none")" }
  private func percent(_ share: Double) -> String { "\(Quantity.fixed(100 * share, 1)) %" }
  private func decibels(_ value: Double) -> String { (value > 0 ? "+" : "") + Quantity.fixed(value, 1) }

  /// "fan: 63 Hz -18.2 dB, 125 Hz -12.1 dB ..."; nil if columns are no bands.
  private func octaves(_ machine: AdaptedMachine) -> String? {
    let bands = zip(machine.frequencies, machine.offsets.offsets).filter { $0.0 > 0 && $0.1 != 0 }
    guard let top = bands.map(\.0).max() else { return nil }
    let centers: [Float] = [63, 125, 250, 500, 1000, 2000, 4000, 8000, 16000]
    let words = centers.filter { $0 <= top }.compactMap { center in
      bands.min { abs($0.0 - center) < abs($1.0 - center) }.map { band in
        "\(center < 1000 ? "\(Int(center)) Hz" : "\(Int(center / 1000)) kHz") \(decibels(band.1))"
      }
    }
    return "\(machine.name): \(words.joined(separator: ", ")) dB"
  }

  var json: JSONValue {
    ["model": .text(output), "machines": .array(summary.machines.map(\.json))]
  }
}
