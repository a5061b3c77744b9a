import CNodeABI
import NodeKit

/// Samples that the driver supplies: a JACK port, a channel of a file, or what a test feeds by hand.
///
/// Nothing but finite samples of at most `Sample.limit` leaves it, so no node after it need look for others. Each
/// sample gets a mark: whether it sounds, whether it clipped, whether something is connected, whether the input is stuck.
final class Source: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "source", version: "1.0.0", summary: "Samples from the driver: a JACK port or a channel of a file.",
      realtime: .hard, traits: .source, outputs: [PortDeclaration("out", .audio, "Samples at the driver's rate")],
      parameters: [
        .integer("channels", "Channels, one a machine", default: "1", range: 1...1024),
        .text(
          "machines", "Name of what each channel listens to; without it the node's name, numbered from -1",
          flags: [.list, .placement]),
        .text(
          "connect", "Ports to connect to: a name or pattern, or one for each channel", flags: [.list, .placement]),
        .number(
          "silent_below", "Level under which a sample is silent; a bare number is in dB full scale", unit: .decibel,
          default: "-100 dB", range: -1000...200, words: ["off"]),
        .number(
          "clipped_at", "Level from which a sample is clipped; a bare number is a factor of full scale",
          also: .decibel, default: "0.999", range: 0...1e9, words: ["off"]),
        .number(
          "silent_share",
          "How much of a token has to be silent or stuck for all of it to be flagged silent, rounded down to "
            + "fifteenths of its length; less than 5 ms at a time do not count", unit: .percent, default: "10 %",
          range: 0.1...100),
      ])
  }

  private let channels: Int
  private let machines: [String]
  private let connect: [String]
  private let thresholds: Sample.Thresholds
  private let silentShare: Int
  /// Samples of a silence, or of a standstill, that counts.
  private var least = 2
  /// Of each channel.
  private var stillness: UnsafeMutablePointer<Stillness>?

  required init(_ arguments: Arguments) throws {
    channels = arguments.integer("channels")
    machines = try Self.machines(arguments, channels: channels)
    connect = arguments.list("connect").compactMap(\.text)
    thresholds = Sample.Thresholds(
      soundingFrom: arguments["silent_below"]?.number.map { Sample.factor(decibels: $0) },
      clippedFrom: arguments["clipped_at"].flatMap { value in
        value.number.map { value.unit == .decibel ? Sample.factor(decibels: $0) : Float($0) }
      })
    // Down: silence is counted in whole fifteenths, and a machine that is switched off must not pass for a loud one.
    silentShare = min(15, max(1, Int((arguments.number("silent_share") * 0.15 + 1e-9).rounded(.down))))
    try super.init(arguments)
  }

  deinit { stillness?.deallocate() }

  /// The names that the file gives, or the node's own: as it is for one channel, numbered from 1 for more.
  private static func machines(_ arguments: Arguments, channels: Int) throws -> [String] {
    let given = arguments.list("machines").compactMap(\.text)
    guard !given.isEmpty else {
      let node = arguments.host.node
      return channels == 1 ? [node] : (1...channels).map { "\(node)-\($0)" }
    }
    guard given.count == channels else {
      throw NodeError(
        "\(given.count) machine names for \(channels) \(channels == 1 ? "channel" : "channels"): "
          + "give one for each, or none", parameter: "machines")
    }
    var seen: Set<String> = []
    for name in given where !seen.insert(name).inserted {
      throw NodeError("two channels have the machine name '\(name)'", parameter: "machines")
    }
    return given
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    answer.output.format.kind = .audio
    answer.output.format.channels = channels
    answer.output.format.rows = 1
    answer.output.format.columns = 1
    answer.output.format.driverRate = setup.driverRate
    answer.output.format.denominator = 1
    answer.output.format.period = 1
    answer.output.format.extent = 1
    answer.output.format.offset = 0
    answer.output.format.lookahead = 0
    answer.output.format.scale = .linear
    answer.output.format.machines = machines
    answer.output.format.silentShare = silentShare
    answer.externalInputs = channels
    answer.connect = connect
    least = Stillness.least(rate: setup.driverRate)
  }

  override func activate() throws {
    stillness?.deallocate()
    stillness = .allocate(capacity: channels)
    stillness?.initialize(repeating: Stillness(), count: channels)
  }

  override func deactivate() {
    stillness?.deallocate()
    stillness = nil
  }

  @_noLocks @_noAllocation
  override func reset() {
    for channel in 0..<channels { stillness.unsafelyUnwrapped[channel] = Stillness() }
  }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    let frames = min(cycle.frames, cycle.output.capacity)
    for channel in 0..<channels {
      let from = cycle.externalInput(channel)
      let to = cycle.output.samples(channel)
      if let marks = cycle.output.marks(channel) {
        thresholds.copy(from, to: to, marks: marks, count: frames, isConnected: cycle.isConnected(channel))
        stillness.unsafelyUnwrapped[channel].mark(to, marks, count: frames, least: least)
      } else {
        Sample.copy(from, to: to, count: frames)
      }
    }
    cycle.output.count = frames
  }
}
