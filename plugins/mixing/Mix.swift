import CRealtime
import NodeKit

/// Adds audio streams sample by sample:
///     out[o] = sum over all inputs i and their channels c of weight[o][i, c] * in[i][c]
///
/// Sums run in the order of the links in the file, then of the channels.
final class Mix: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "mix", version: "1.0.0", summary: "Adds audio streams, with weights.", realtime: .hard,
      inputs: [PortDeclaration("in", .audio, "Streams of the same rate", flags: .many)],
      outputs: [PortDeclaration("out", .audio, "Their weighted sum")],
      parameters: [
        .number(
          "weights",
          "One for each input (with one input: for each channel, mixed to mono), or a list of rows, one for each "
            + "output channel, over the channels of all inputs; without it the inputs' average", also: .decibel,
          range: -1e6...1e6, flags: [.list, .nested])
      ])
  }

  private let given: [Value]
  private var weights = FixedList<Float>()
  private var outputs = 0
  /// Channels of all inputs together: the length of a row of `weights`.
  private var columns = 0

  required init(_ arguments: Arguments) throws {
    given = arguments.list("weights")
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let plan = try MixPlan(given, channels: setup.inputs.map(\.format.channels))
    weights = FixedList(plan.rows.flatMap { $0 })
    outputs = plan.rows.count
    columns = plan.columns
    answer.output.format.channels = outputs
    answer.output.format.machines = Self.machines(setup, plan, node: host.node)
    answer.output.format.lookahead = setup.inputs.map(\.format.lookahead).max() ?? 0
    answer.memory = weights.bytes
  }

  /// A mix keeps the names of an input that has as many channels as come out; other ones are named after the node.
  private static func machines(_ setup: Setup, _ plan: MixPlan, node: String) -> [String] {
    if plan.keepsChannels, let same = setup.inputs.first(where: { $0.format.channels == plan.rows.count }) {
      return same.format.machines
    }
    return plan.rows.count == 1 ? [node] : (1...plan.rows.count).map { "\(node)-\($0)" }
  }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    let count = cycle.input.count
    for row in 0..<outputs {
      let to = cycle.output.samples(row)
      for index in 0..<count { to[index] = 0 }
      var column = row * columns
      for number in 0..<cycle.inputCount {
        let input = cycle.input(number)
        for channel in 0..<input.channels {
          add(input.samples(channel), times: weights[column], to: to, count: count)
          column += 1
        }
      }
    }
    cycle.output.count = count
  }

  @inline(__always) @_noLocks @_noAllocation
  private func add(_ from: UnsafePointer<Float>, times weight: Float, to: UnsafeMutablePointer<Float>, count: Int) {
    guard weight != 0 else { return }
    for index in 0..<count { to[index] += from[index] * weight }
  }
}

/// What the parameter `weights` means for inputs of given numbers of channels.
struct MixPlan {
  /// One row for each output channel, over the channels of all inputs.
  let rows: [[Float]]
  /// Output channel c is made of the inputs' channels c (or their only one).
  let keepsChannels: Bool
  var columns: Int { rows[0].count }

  /// - Parameter channels: of each input.
  init(_ given: [Value], channels: [Int]) throws {
    if given.isEmpty {
      rows = try Self.channelwise(Array(repeating: 1 / Float(channels.count), count: channels.count), channels)
      keepsChannels = true
    } else if case .list = given[0] {
      rows = try Self.matrix(given, columns: channels.reduce(0, +))
      keepsChannels = false
    } else if channels.count == 1 {
      let row = try given.map { try factor(of: $0, parameter: "weights") }
      guard row.count == channels[0] else { throw Self.wrongCount(row.count, channels[0], "channel of the one input") }
      rows = [row]
      keepsChannels = false
    } else {
      let weights = try given.map { try factor(of: $0, parameter: "weights") }
      guard weights.count == channels.count else { throw Self.wrongCount(weights.count, channels.count, "input") }
      rows = try Self.channelwise(weights, channels)
      keepsChannels = true
    }
  }

  /// Output channel c sums the inputs' channels c, each input with one weight; an input of one channel goes to all.
  private static func channelwise(_ weights: [Float], _ channels: [Int]) throws -> [[Float]] {
    let outputs = channels.max() ?? 1
    for count in channels where count != 1 && count != outputs {
      throw NodeError(
        "has inputs of \(count) and of \(outputs) channels: give 'weights' as a list of rows, one for each output "
          + "channel, over the \(channels.reduce(0, +)) channels of all inputs")
    }
    return (0..<outputs).map { output in
      zip(channels, weights).flatMap { count, weight in
        (0..<count).map { $0 == output || count == 1 ? weight : 0 }
      }
    }
  }

  private static func matrix(_ given: [Value], columns: Int) throws -> [[Float]] {
    try given.enumerated().map { index, value in
      guard case .list(let items) = value else {
        throw NodeError("mixes rows and single numbers: give a list of rows, or of numbers", parameter: "weights")
      }
      guard items.count == columns else {
        throw NodeError(
          "row \(index + 1) has \(items.count) weights, but the inputs have \(columns) channels together",
          parameter: "weights")
      }
      return try items.map { try factor(of: $0, parameter: "weights") }
    }
  }

  private static func wrongCount(_ given: Int, _ wanted: Int, _ what: String) -> NodeError {
    NodeError("has \(given) weights: give \(wanted), one for each \(what)", parameter: "weights")
  }
}
