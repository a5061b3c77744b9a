import NodeKit

/// Samples from the driver: a JACK port, a channel of a file, or a test by hand.
///
/// All its output samples are finite and at most `SourceSample.limit`, so no later node checks that. Each sample gets a
/// mark: whether it sounds, whether it clipped, whether something is connected, whether the input is stuck.
final class Source: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "source", version: "1.0.0", summary: "Samples from the driver: a JACK port or a channel of a file.",
      realtime: .hard, traits: .source, outputs: [PortDeclaration("out", .audio, "Samples at the driver's rate")],
      parameters: SourceChannels.parameters("Channels, one a machine") + [
        .text(
          "connect", "JACK ports to connect to: a name or pattern, or one for each channel", flags: [.list, .placement]),
        .number(
          "silent_below", "Level below which a sample is silent; a number without unit is in dB full scale",
          unit: .decibel,
          default: "-100 dB", range: -1000...200, words: ["off"]),
        .number(
          "clipped_at", "Level from which a sample is clipped; a number without unit is a factor of full scale",
          also: .decibel, default: "0.999", range: 0...1e9, words: ["off"]),
        .number(
          "silent_share",
          "Share of a token that must be silent or stuck to flag the token silent, rounded down to "
            + "fifteenths of its length; stretches below 5 ms do not count", unit: .percent, default: "10 %",
          range: 0.1...100),
      ])
  }

  private let channels: SourceChannels
  private let connect: [String]
  private let thresholds: SourceSample.Thresholds
  private let silentShare: Int
  private var driverRate = 0
  private let memory = NodeMemory()
  /// Nil: not active.
  private var samples: SourceOutput?

  required init(_ arguments: Arguments) throws {
    channels = try SourceChannels(arguments)
    connect = arguments.texts("connect")
    thresholds = SourceSample.Thresholds(
      soundingFrom: arguments["silent_below"]?.number.map { Float(amplitudeFactor(decibels: $0)) },
      clippedFrom: arguments["clipped_at"].flatMap { value in
        value.number.map { Float(value.unit == .decibel ? amplitudeFactor(decibels: $0) : $0) }
      })
    // Down, because silence is counted in whole fifteenths, and a machine that is switched off must not count as loud.
    silentShare = min(15, max(1, Int((arguments.number("silent_share") * 0.15 + 1e-9).rounded(.down))))
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    driverRate = setup.driverRate
    channels.describe(&answer.output.format, driverRate: driverRate)
    answer.output.format.silentShare = silentShare
    answer.externalInputs = channels.count
    answer.connect = connect
  }

  override func activate() throws {
    memory.free()
    samples = SourceOutput(thresholds, channels: channels.count, rate: driverRate, memory)
  }

  override func deactivate() {
    samples = nil
    memory.free()
  }

  @_noLocks @_noAllocation
  override func reset() { samples?.reset() }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    let frames = min(cycle.frames, cycle.output.capacity)
    for channel in 0..<channels.count {
      samples?.put(
        cycle.externalInput(channel), channel, to: cycle.output, at: 0, count: frames,
        isConnected: cycle.isConnected(channel))
    }
    cycle.output.count = frames
  }
}
