import CKernels
import NodeKit

/// Multiplies every sample by a constant, the same for all channels or one for each.
final class Gain: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "gain", version: "1.1.0", summary: "Multiplies every sample by a constant.", realtime: .hard,
      inputs: [PortDeclaration("in", .audio, "Samples")], outputs: [PortDeclaration("out", .audio, "Scaled samples")],
      parameters: [
        .number(
          "gain", "Gain, or a list with one for each channel; a number without unit is a factor", also: .decibel,
          default: "1", range: -1e6...1e6, flags: [.running, .list])
      ])
  }

  private let given: [Float]
  private var channels = 0
  private let memory = NodeMemory()
  private var factors: UnsafeMutablePointer<Float>?

  required init(_ arguments: Arguments) throws {
    given = try arguments.list("gain").map { try factor(of: $0, parameter: "gain") }
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    channels = setup.input.channels
    try checkCount(given.count)
    memory.free()
    factors = memory.array(given.count == 1 ? Array(repeating: given[0], count: channels) : given)
    answer.memory = memory.bytes
  }

  override class var isTunable: Bool { true }

  override func tuning(_ arguments: Arguments) throws -> [Double] {
    let given = try arguments.list("gain").map { Double(try factor(of: $0, parameter: "gain")) }
    try checkCount(given.count)
    return given.count == 1 ? Array(repeating: given[0], count: channels) : given
  }

  @_noLocks @_noAllocation
  override func take(_ tuning: UnsafeBufferPointer<Double>) {
    guard let factors else { return }
    for channel in 0..<min(channels, tuning.count) { factors[channel] = Float(tuning[channel]) }
  }

  private func checkCount(_ count: Int) throws {
    guard count == 1 || count == channels else {
      throw NodeError(
        "\(count) gains for \(channels) \(channels == 1 ? "channel" : "channels"): give one, or one for each",
        parameter: "gain")
    }
  }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    guard let factors else { return }
    let input = cycle.input
    let output = cycle.output
    for channel in 0..<input.channels {
      kernel_multiply(output.samples(channel), input.samples(channel), factors[channel], input.count)
    }
    output.count = input.count
  }
}
