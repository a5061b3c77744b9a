import Glibc
import GraphEngine
import GraphText
import JACKDriver
import SystemCalls
import Tapes

/// Whether the ports that a graph connects to exist, and give sound. Without a graph: whether any port does.
enum PortCheck: DoctorCheck {
  /// How long to listen.
  private static let moment = Duration.milliseconds(800)

  static func findings(_ examination: Examination) -> [Finding] {
    guard let meter = examination.meter, meter.cycles > 0 else { return [] }
    do throws(JACKError) {
      _ = try meter.look()
      Polling.pause(moment)
      let ports = try meter.look().filter(\.isOutput)
      guard let trial = examination.trial else { return [any(ports)] }
      var findings: [Finding] = []
      for input in trial.inputs { findings.append(try check(input, ports)) }
      return findings
    } catch {
      return [Finding("ports", .problem, error.description, advice: error.suggestion)]
    }
  }

  private static func any(_ ports: [PortMeter.Port]) -> Finding {
    let sounding = ports.filter { $0.level.map { $0.peak > 0 } ?? false }
    if ports.isEmpty {
      return Finding(
        "ports", .problem, "no port gives samples", advice: "connect a microphone, and start the server with its device"
      )
    }
    if sounding.isEmpty {
      return Finding(
        "ports", .warning, "\(Quantity.count(ports.count, "port")), all of them silent",
        advice: "check the microphone, its gain and its phantom power; `auscult ports --meter` shows levels")
    }
    return Finding("ports", .ok, "\(Quantity.count(ports.count, "port")), \(sounding.count) with sound")
  }

  private static func check(_ input: ExternalPort, _ ports: [PortMeter.Port]) throws(JACKError) -> Finding {
    let what = "input of '\(input.machine)' (\(input.node))"
    let texts = input.connect.count == input.channels ? [input.connect[input.channel]] : input.connect
    guard !texts.isEmpty else {
      return Finding(
        "ports", .warning, "\(what): the graph connects it to nothing",
        advice: "set `connect` of '\(input.node)'; `auscult ports` lists the ports")
    }
    var found: [PortMeter.Port] = []
    for text in texts { found += try PortMeter.ports(ports, matching: text, node: input.node) }
    // Channels that share their texts get one port each, in order.
    let index = texts.count == 1 && input.connect.count == input.channels ? 0 : input.channel
    guard index < found.count else {
      return Finding(
        "ports", .problem, "\(what): no port matches \(texts.map { "'\($0)'" }.joined(separator: ", "))",
        advice: "`auscult ports` lists the ports")
    }
    return level(of: found[index], what)
  }

  private static func level(of port: PortMeter.Port, _ what: String) -> Finding {
    let place = "\(what): \(port.name)"
    guard let level = port.level else { return Finding("ports", .warning, "\(place) has no level yet") }
    if level.isBroken {
      return Finding(
        "ports", .problem, "\(place) gives values that are not numbers", advice: "look for a faulty program before it")
    }
    guard level.peak > 0 else {
      return Finding(
        "ports", .warning, "\(place) is silent", advice: "check the microphone, its cable, gain and phantom power")
    }
    let peak = Quantity.fixed(20 * log10(Double(level.peak)), 1)
    if level.peak >= GrowingWav.fullScale {
      return Finding("ports", .warning, "\(place) clips (peak \(peak) dB)", advice: "lower the gain")
    }
    return Finding("ports", .ok, "\(place), peak \(peak) dB")
  }
}
