import CRealtime
import NodeKit

/// Selects channels of a stream, in any order; a channel may appear several times.
final class Channels: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "channels", version: "1.0.0", summary: "Selects and reorders channels.", realtime: .hard,
      inputs: [PortDeclaration("in", .audio, "Samples")],
      outputs: [PortDeclaration("out", .audio, "The selected channels")],
      parameters: [
        .integer(
          "pick", "Channel or list of channels to output; the first is 0", range: 0...65535,
          flags: [.required, .list])
      ])
  }

  private let pick: [Int]
  private let memory = NodeMemory()
  private var picked: UnsafeMutablePointer<Int>?

  required init(_ arguments: Arguments) throws {
    pick = arguments.list("pick").compactMap { $0.number.map { Int($0) } }
    guard !pick.isEmpty else { throw NodeError("names no channel", parameter: "pick") }
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let input = setup.input
    if let wrong = pick.first(where: { $0 < 0 || $0 >= input.channels }) {
      throw NodeError(
        "there is no channel \(wrong): the input has \(input.channels), counted from 0", parameter: "pick")
    }
    answer.output.format.channels = pick.count
    answer.output.format.machines = pick.map { input.machines[$0] }
    answer.channelMap = pick
    memory.free()
    picked = memory.array(pick)
  }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    guard let picked else { return }
    let count = cycle.input.count
    for channel in 0..<cycle.output.channels {
      realtime_copy(
        cycle.output.samples(channel), cycle.input.samples(picked[channel]), count * MemoryLayout<Float>.stride)
    }
    cycle.output.count = count
  }
}
