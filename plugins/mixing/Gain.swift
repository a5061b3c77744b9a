import CRealtime
import NodeKit

/// Multiplies every sample by a constant, the same for all channels or one for each.
final class Gain: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "gain", version: "1.1.0", summary: "Multiplies every sample by a constant.", realtime: .hard,
      inputs: [PortDeclaration("in", .audio, "Samples")], outputs: [PortDeclaration("out", .audio, "Scaled samples")],
      parameters: [
        .number(
          "gain", "Amplification, or a list of one for each channel; a bare number is a factor", also: .decibel,
          default: "1", range: -1e6...1e6, flags: [.running, .list])
      ])
  }

  private let given: [Float]
  private var factors = FixedList<Float>()

  required init(_ arguments: Arguments) throws {
    given = try arguments.list("gain").map { try factor(of: $0, parameter: "gain") }
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let channels = setup.input.channels
    guard given.count == 1 || given.count == channels else {
      throw NodeError(
        "\(given.count) gains for \(channels) \(channels == 1 ? "channel" : "channels"): give one, or one for each",
        parameter: "gain")
    }
    factors = FixedList(given.count == 1 ? Array(repeating: given[0], count: channels) : given)
    answer.memory = factors.bytes
  }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    let input = cycle.input
    let output = cycle.output
    for channel in 0..<input.channels {
      let factor = factors[channel]
      let from = input.samples(channel)
      let to = output.samples(channel)
      for index in 0..<input.count { to[index] = from[index] * factor }
    }
    output.count = input.count
  }
}
