import Glibc
import GraphText
import JACKDriver
import LiveControl
import RunControl

/// JACK's ports, in words.
struct PortList {
  private let ports: [PortMeter.Port]
  private let rate: Int
  private let period: Int

  init(_ ports: [PortMeter.Port], _ meter: PortMeter) {
    self.ports = ports
    rate = meter.rate
    period = meter.period
  }

  /// One line per port.
  var table: String {
    if ports.isEmpty { return "JACK has no audio ports of other programs" }
    var table = Table([
      ("port", .left), ("gives", .left), ("peak", .right), ("level", .right), ("connected to", .left),
      ("also called", .left),
    ])
    for port in ports {
      table.add([
        shown(port.name), port.isOutput ? "samples" : "", words(port.level?.peak, port), words(port.level?.rms, port),
        port.peers.map(shown).joined(separator: ", "), port.aliases.map(shown).joined(separator: ", "),
      ])
    }
    return table.text
  }

  /// One bar per port, for a terminal.
  var meter: String {
    if ports.isEmpty { return "JACK has no ports that give samples" }
    let width = ports.map { TerminalText.columns(shown($0.name)) }.max() ?? 0
    return "peak levels in dB of full scale; Ctrl-C ends\n"
      + ports.map { port in
        let name = shown(port.name)
        return name + String(repeating: " ", count: width - TerminalText.columns(name))
          + " \(pad(words(port.level?.peak, port), 6)) "
          + bar(port.level?.peak ?? 0)
      }.joined(separator: "\n")
  }

  /// One line per port, for a pipe.
  var lines: String {
    ports.map { "\(shown($0.name))\t\(words($0.level?.peak, $0))" }.joined(separator: "\n")
  }

  /// Levels in dB; a port with digital silence has none.
  var json: JSONValue {
    [
      "rate": .integer(rate), "period": .integer(period),
      "ports": .array(
        ports.map { port in
          .members([
            "name": .text(port.name), "aliases": .texts(port.aliases),
            "direction": .text(port.isOutput ? "output" : "input"), "connections": .texts(port.peers),
            "peak_db": decibels(port.level?.peak).map { .number($0) },
            "level_db": decibels(port.level?.rms).map { .number($0) },
            "silent": port.level.map { .boolean($0.peak == 0 && !$0.isBroken) },
            "finite": port.level.map { .boolean(!$0.isBroken) },
          ])
        }),
    ]
  }

  /// From -60 dB to full scale.
  private func bar(_ peak: Float) -> String {
    let most = 40.0
    let share = ((decibels(peak) ?? -60) + 60) / 60
    return String(repeating: "#", count: Int((max(0, min(1, share)) * most).rounded()))
  }

  private func words(_ factor: Float?, _ port: PortMeter.Port) -> String {
    guard let level = port.level, let factor else { return "" }
    if level.isBroken { return "broken" }
    return decibels(factor).map { Quantity.fixed($0, 1) } ?? "silent"
  }

  private func decibels(_ factor: Float?) -> Double? {
    guard let factor, factor > 0 else { return nil }
    return 20 * log10(Double(factor))
  }

  /// Names come from other programs.
  private func shown(_ name: String) -> String { name.shown }

  private func pad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
