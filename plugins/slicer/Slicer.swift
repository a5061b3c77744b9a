import NodeKit

/// Combines consecutive analysis frames into slices, which may overlap or skip frames.
///
/// Lengths given as durations or per cent are truncated to whole frames, as by `int()`: 0.6 s at 44.1 kHz and hop 512
/// are
/// 51 frames, and 20 % of those are 10.
final class Slicer: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "slicer", version: "1.0.0", summary: "Combines consecutive analysis frames into slices.", realtime: .hard,
      inputs: [PortDeclaration("in", .features, "Analysis frames")],
      outputs: [PortDeclaration("out", .slice, "Slices: frames x bands")],
      parameters: [
        .number(
          "length", "Length of a slice, in analysis frames or as a duration", unit: .sample, also: .second,
          range: 1...Double(longest), flags: .required),
        .number(
          "hop", "From one slice to the next: in analysis frames, as a duration, or in % of the length", unit: .sample,
          also: [.second, .percent], default: "100 %", range: 1...Double(longest)),
        .boolean(
          "pad", "At the end of a file, pad the last slice if it holds frames that no other slice has", default: "false"
        ),
        .number("fill", "Padding value", default: "0"),
      ])
  }

  private static let longest = 1 << 20

  private let lengthValue: Value
  private let hopValue: Value
  private let pads: Bool
  private let fill: Float
  private var shape = SliceShape(rows: 1, hop: 1, columns: 1, channels: 1)
  private let memory = NodeMemory()
  /// The data that the realtime thread uses, while active.
  private var line: UnsafeMutablePointer<SliceLine>?

  required init(_ arguments: Arguments) throws {
    lengthValue = arguments["length"]!
    hopValue = arguments["hop"]!
    pads = arguments.boolean("pad")
    fill = Float(arguments.number("fill"))
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let input = setup.input
    let rows = try frames(lengthValue, rate: input.rate, percentOf: 0, "length")
    let hop = try frames(hopValue, rate: input.rate, percentOf: rows, "hop")
    shape = SliceShape(rows: rows, hop: hop, columns: input.columns, channels: input.channels)

    var format = answer.output.format
    format.kind = .slice
    format.rows = rows
    format.period = try input.ticks(hop, "hop")
    format.extent = try input.ticks(rows - 1, "length") + input.extent
    format.frequencies = input.frequencies
    answer.output.format = format
    answer.output.burst = pads ? 1 : 0
    answer.latency = input.frames(ticks: Int64(rows - 1) * input.period)
    answer.history = input.frames(ticks: Int64(rows) * input.period)
    answer.reach = answer.history
    answer.memory = shape.count * input.channels * MemoryLayout<Float>.size
  }

  /// Whole analysis frames in a length given in frames, as a duration, or in per cent of another length.
  private func frames(_ value: Value, rate: Double, percentOf whole: Int, _ parameter: String) throws -> Int {
    let number = value.number!
    let exact =
      switch value.unit {
      case .second: number * rate
      case .percent: number * Double(whole) / 100
      default: number
      }
    // A value that is whole except for rounding is not truncated to the one below.
    let frames = (exact * (1 + 1e-12)).rounded(.down)
    guard value.unit != .sample || frames == number else {
      throw NodeError("\(number) is not a whole number of analysis frames", parameter: parameter)
    }
    guard frames >= 1, frames <= Double(Self.longest) else {
      throw NodeError(
        "\(parameter) is \(frames) analysis frames; it must be 1 to \(Self.longest)", parameter: parameter)
    }
    return Int(frames)
  }

  override func activate() throws {
    memory.free()
    line = memory.value(SliceLine(shape, fill: pads ? fill : nil, memory))
  }

  override func deactivate() {
    line = nil
    memory.free()
  }

  @_noLocks @_noAllocation
  override func reset() { line?.pointee.restart() }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) { line?.pointee.process(cycle.input, cycle.output) }
}
