import NodeKit

/// Short-time Fourier transform, as librosa 0.11 computes it.
///
/// Centred columns are computed as if `length / 2` zeros preceded the first sample of a stretch and, at the end of a
/// file, followed the last: n > 0 samples give 1 + floor(n / hop) columns. Columns that are not centred use only real
/// samples: 1 + floor((n - length) / hop). A window shorter than the transform lies in its middle, with zeros around
/// it; unlike librosa's, columns that are not centred begin where the window does, not where the transform does.
final class ShortTimeFourier: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "stft", version: "1.0.0", summary: "Short-time Fourier transform of overlapping windows.", realtime: .hard,
      inputs: [PortDeclaration("in", .audio, "Samples")],
      outputs: [PortDeclaration("out", .spectrum, "Complex spectrum of each window, fft / 2 + 1 bins")],
      parameters: FrameParameters.declarations + [
        .choice(
          "precision",
          "Arithmetic of the transform; double: for levels that must be exact more than 120 dB below the loudest bin",
          of: ["single", "double"], default: "single"),
        .number("pre_emphasis", "a in x[n] - a x[n - 1] before the window; 0: off", default: "0", range: 0...1),
      ])
  }

  private let parameters: FrameParameters
  private let isDouble: Bool
  private let preEmphasis: Float

  private var layout = FrameLayout(length: 2, fft: 2, hop: 1, isCentered: false)
  private var channels = 0
  private let memory = NodeMemory()
  /// The data that the realtime thread uses, while active.
  private var analysis: UnsafeMutablePointer<Analysis>?

  required init(_ arguments: Arguments) throws {
    parameters = FrameParameters(arguments)
    isDouble = arguments.text("precision") == "double"
    preEmphasis = Float(arguments.number("pre_emphasis"))
    try super.init(arguments)
  }

  deinit { free() }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let input = setup.input
    layout = try parameters.layout(rate: input.rate, host: host)
    channels = input.channels
    let frames = { (samples: Int) in input.frames(ticks: Int64(samples) * input.period) }

    var format = answer.output.format
    format.kind = .spectrum
    format.columns = layout.bins
    format.period = try input.ticks(layout.hop, "hop")
    format.extent = try input.ticks(layout.length, "length")
    format.offset = input.offset - Int64(layout.before) * input.period
    format.frequencies = (0..<layout.bins).map { Float(Double($0) * input.rate / Double(layout.fft)) }
    answer.output.format = format
    answer.output.burst = layout.burst
    answer.latency = frames(layout.latency)
    answer.history = frames(layout.length)
    // One more for pre-emphasis, which uses the sample before.
    answer.reach = frames(layout.length + (preEmphasis == 0 ? 0 : 1))
    answer.memory =
      SampleHistory.memory(channels: channels, length: layout.length)
      // Window, frame, spectrum, tables, and an estimate for the plan's own memory.
      + (layout.length + 3 * layout.fft) * (isDouble ? 8 : 4) + 2 * layout.bins * 8 + 65536
  }

  override func activate() throws {
    free()
    let transform = try Transform(layout, window: parameters.window, isDouble: isDouble, memory)
    let history = SampleHistory(channels: channels, length: layout.length, preEmphasis: preEmphasis, memory)
    analysis = memory.value(
      Analysis(layout: layout, channels: channels, transform: transform, history: history))
    reset()
  }

  override func deactivate() { free() }

  private func free() {
    analysis?.pointee.free()
    analysis = nil
    memory.free()
  }

  @_noLocks @_noAllocation
  override func reset() { analysis?.pointee.restart() }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) { analysis?.pointee.process(cycle.input, cycle.output) }
}
