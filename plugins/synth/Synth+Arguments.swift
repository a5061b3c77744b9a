import CRealtime
import NodeKit

/// Reading the parameters. Thread: control.
extension Synth {
  static func settings(_ arguments: Arguments) throws -> SynthSettings {
    guard let machine = Machine(rawValue: arguments.text("machine")) else {
      throw NodeError("is not a machine", parameter: "machine")
    }
    guard let fault = Fault(rawValue: arguments.text("fault")) else {
      throw NodeError("is not a fault", parameter: "fault")
    }
    let model = MachineModel.model(machine)
    guard model.faults.contains(fault) else {
      let possible = Fault.allCases.filter { model.faults.contains($0) }.map(\.rawValue).joined(separator: ", ")
      throw NodeError("a \(machine.rawValue) has no \(fault.rawValue); it takes \(possible)", parameter: "fault")
    }
    let speed = arguments["speed"]?.number
    if speed != nil && model.speed == nil {
      throw NodeError("a \(machine.rawValue) has no shaft: remove 'speed'", parameter: "speed")
    }
    let level = try factor(arguments, "level")
    return SynthSettings(
      machine: machine, speed: speed, mains: arguments.number("mains"), load: try factor(arguments, "load"),
      swing: try factor(arguments, "wander"), level: level, noise: level * (try factor(arguments, "noise")),
      fault: fault,
      envelope: Envelope(
        severity: try factor(arguments, "severity"), onset: arguments.number("at"), ramp: arguments.number("ramp")),
      seed: UInt64(arguments.number("seed")), variation: try factor(arguments, "variation"),
      recording: Int64(arguments.number("recording")), every: arguments["every"]?.number,
      perDay: Int64(arguments.number("per_day")))
  }

  /// A factor: plain, in dB or in per cent; at most 1000.
  private static func factor(_ arguments: Arguments, _ name: String) throws -> Double {
    guard let value = arguments[name], let number = value.number else { return 0 }
    let factor =
      switch value.unit {
      case .decibel: amplitudeFactor(decibels: number)
      case .percent: number / 100
      default: number
      }
    guard factor >= 0, factor <= 1000 else { throw NodeError("is out of range", parameter: name) }
    return factor
  }
}
