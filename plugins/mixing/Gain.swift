import NodeKit
import CRealtime

/// Multiplies every sample by a constant.
final class Gain: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "gain", version: "1.0.0", summary: "Multiplies every sample by a constant.", realtime: .hard,
      inputs: [PortDeclaration("in", .audio, "Samples")], outputs: [PortDeclaration("out", .audio, "Scaled samples")],
      parameters: [
        .number(
          "gain", "Amplification; a bare number is a factor", also: .decibel, default: "1",
          range: -1e6...1e6, flags: .running)
      ])
  }

  private let factor: Float

  required init(_ arguments: Arguments) throws {
    let gain = arguments["gain"]!
    factor = Float(gain.unit == .decibel ? realtime_pow(10, gain.number! / 20) : gain.number!)
    try super.init(arguments)
  }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    let input = cycle.input
    let output = cycle.output
    for channel in 0..<input.channels {
      let from = input.samples(channel)
      let to = output.samples(channel)
      for index in 0..<input.count { to[index] = from[index] * factor }
    }
    output.count = input.count
  }
}
