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
          "One weight per input (one input: per channel, mixed to mono), or a list of rows, one for each "
            + "output channel, over the channels of all inputs; default: the average of the inputs", also: .decibel,
          range: -1e6...1e6, flags: [.list, .nested])
      ])
  }

  private let given: [Value]
  /// The terms, one output channel after the other, and where each channel's terms end.
  private let memory = NodeMemory()
  private var terms: UnsafeMutablePointer<MixTerm>?
  private var ends: UnsafeMutablePointer<Int>?

  required init(_ arguments: Arguments) throws {
    given = arguments.list("weights")
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let plan = try MixPlan(given, channels: setup.inputs.map(\.format.channels))
    memory.free()
    terms = memory.array(plan.rows.flatMap { $0 })
    var end = 0
    ends = memory.array(
      plan.rows.map { row in
        end += row.count
        return end
      })
    answer.output.format.channels = plan.rows.count
    answer.output.format.machines = Self.machines(setup, plan, node: host.node)
    answer.output.format.lookahead = setup.inputs.map(\.format.lookahead).max() ?? 0
    answer.memory = memory.bytes
  }

  /// A mix keeps the channel names of an input with as many channels as the output; other names come from the node.
  private static func machines(_ setup: Setup, _ plan: MixPlan, node: String) -> [String] {
    if plan.keepsChannels, let same = setup.inputs.first(where: { $0.format.channels == plan.rows.count }) {
      return same.format.machines
    }
    return machineNames(node: node, count: plan.rows.count)
  }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    guard let terms, let ends else { return }
    let count = cycle.input.count
    var next = 0
    for row in 0..<cycle.output.channels {
      let to = cycle.output.samples(row)
      for index in 0..<count { to[index] = 0 }
      while next < ends[row] {
        let term = terms[next]
        add(cycle.input(Int(term.input)).samples(Int(term.channel)), times: term.weight, to: to, count: count)
        next += 1
      }
    }
    cycle.output.count = count
  }

  @inline(__always) @_noLocks @_noAllocation
  private func add(_ from: UnsafePointer<Float>, times weight: Float, to: UnsafeMutablePointer<Float>, count: Int) {
    for index in 0..<count { to[index] += from[index] * weight }
  }
}

/// One channel of one input, and how much of it goes into an output channel.
struct MixTerm: BitwiseCopyable {
  var input: UInt32
  var channel: UInt32
  var weight: Float
}

/// What the parameter `weights` means for inputs of given numbers of channels.
struct MixPlan {
  /// One row for each output channel: its terms, by input and channel. Weights of 0 are left out, so that a mix of many
  /// channels does not take the square of them.
  let rows: [[MixTerm]]
  /// Output channel c is the sum of the inputs' channels c (or their only one).
  let keepsChannels: Bool

  /// - Parameter channels: the number of channels of each input.
  init(_ given: [Value], channels: [Int]) throws {
    if given.isEmpty {
      rows = try Self.channelwise(Array(repeating: 1 / Float(channels.count), count: channels.count), channels)
      keepsChannels = true
    } else if case .list = given[0] {
      rows = try Self.matrix(given, channels)
      keepsChannels = false
    } else if channels.count == 1 {
      let row = try given.map { try factor(of: $0, parameter: "weights") }
      guard row.count == channels[0] else { throw Self.wrongCount(row.count, channels[0], "channel of the one input") }
      rows = [Self.terms(row, channels)]
      keepsChannels = false
    } else {
      let weights = try given.map { try factor(of: $0, parameter: "weights") }
      guard weights.count == channels.count else { throw Self.wrongCount(weights.count, channels.count, "input") }
      rows = try Self.channelwise(weights, channels)
      keepsChannels = true
    }
  }

  /// Output channel c sums the inputs' channels c, each input with one weight; an input of one channel goes to all.
  private static func channelwise(_ weights: [Float], _ channels: [Int]) throws -> [[MixTerm]] {
    let outputs = channels.max() ?? 1
    for count in channels where count != 1 && count != outputs {
      throw NodeError(
        "has inputs of \(count) and of \(outputs) channels: give 'weights' as a list of rows, one for each output "
          + "channel, over the \(channels.reduce(0, +)) channels of all inputs")
    }
    return (0..<outputs).map { output in
      zip(channels, weights).enumerated().compactMap { input, entry in
        let (count, weight) = entry
        return weight == 0
          ? nil : MixTerm(input: UInt32(input), channel: count == 1 ? 0 : UInt32(output), weight: weight)
      }
    }
  }

  /// The terms of a row over the channels of all inputs.
  private static func terms(_ row: [Float], _ channels: [Int]) -> [MixTerm] {
    var terms: [MixTerm] = []
    var column = 0
    for (input, count) in channels.enumerated() {
      for channel in 0..<count where row[column + channel] != 0 {
        terms.append(MixTerm(input: UInt32(input), channel: UInt32(channel), weight: row[column + channel]))
      }
      column += count
    }
    return terms
  }

  private static func matrix(_ given: [Value], _ channels: [Int]) throws -> [[MixTerm]] {
    let columns = channels.reduce(0, +)
    return try given.enumerated().map { index, value in
      guard case .list(let items) = value else {
        throw NodeError("mixes rows and single numbers: give a list of rows, or of numbers", parameter: "weights")
      }
      guard items.count == columns else {
        throw NodeError(
          "row \(index + 1) has \(items.count) weights, but the inputs have \(columns) channels together",
          parameter: "weights")
      }
      return terms(try items.map { try factor(of: $0, parameter: "weights") }, channels)
    }
  }

  private static func wrongCount(_ given: Int, _ wanted: Int, _ what: String) -> NodeError {
    NodeError("has \(given) weights: give \(wanted), one for each \(what)", parameter: "weights")
  }
}
