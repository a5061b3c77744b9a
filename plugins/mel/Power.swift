import CKernels
import NodeKit

/// The spectrogram: magnitude or power of every bin.
final class Power: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "power", version: "1.0.0", summary: "Magnitude or power of every bin of a spectrum.", realtime: .hard,
      inputs: [PortDeclaration("in", .spectrum, "Complex spectrum")],
      outputs: [PortDeclaration("out", .features, "One value for each bin")],
      parameters: [exponentDeclaration])
  }

  static let exponentDeclaration = ParameterDeclaration.integer(
    "power", "1: magnitude, 2: power (its square)", default: "2", range: 1...2)

  private let exponent: Int
  private var columns = 0

  required init(_ arguments: Arguments) throws {
    exponent = arguments.integer("power")
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    columns = setup.input.columns
    answer.output.format.kind = .features
    answer.output.format.scale = .linear
    answer.output.format.frequencies = setup.input.frequencies
  }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    let input = cycle.input
    let output = cycle.output
    for token in 0..<input.count {
      for channel in 0..<input.channels {
        let from = input.values(token, channel)
        let to = output.values(token, channel)
        if exponent == 2 { kernel_power(to, from, columns) } else { kernel_magnitude(to, from, columns) }
      }
    }
    output.count = input.count
  }
}
