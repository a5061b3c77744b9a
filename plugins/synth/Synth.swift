import CRealtime
import NodeKit

/// A machine simulator: a source without a microphone. Sample n depends only on the parameters, the seed, the channel
/// and n: not on the period size or on earlier losses, and is as exact after months as at the start.
final class Synth: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "source.synth", version: "1.0.0", summary: "Simulates the sound of a machine, and of its faults.",
      realtime: .hard,
      traits: .source, outputs: [PortDeclaration("out", .audio, "Samples at the driver's rate")],
      parameters: soundParameters + faultParameters + siteParameters
        + SourceChannels.parameters("Channels; each is an individual machine"))
  }

  private static let soundParameters: [ParameterDeclaration] = [
    .choice("machine", "Kind of machine to simulate", of: Machine.allCases.map(\.rawValue), default: "fan"),
    .number(
      "speed", "Speed of the shaft; default: the usual speed of the machine", unit: .hertz, range: 0.1...1000),
    .number("mains", "Frequency of the mains", unit: .hertz, default: "50 Hz", range: 10...1000),
    .number("load", "Mean load: 0 idle, 1 full", also: .percent, default: "0.7", range: 0...1),
    .number("wander", "Slow variation around the mean load", also: .percent, default: "5 %", range: 0...1),
    .number(
      "level", "RMS of the healthy machine at full load; a number without unit is a factor of full scale",
      also: .decibel,
      default: "-26 dB", range: 0...1000),
    .number(
      "noise", "Background noise relative to `level`; a number without unit is a factor", also: .decibel,
      default: "-20 dB",
      range: 0...1000),
    .integer("seed", "Each seed is another machine of the same kind", default: "0", range: 0...9e15),
  ]

  private static let faultParameters: [ParameterDeclaration] = [
    .choice("fault", "Fault to simulate", of: Fault.allCases.map(\.rawValue), default: "none"),
    .number("severity", "Strength of the fault: 0 none, 1 clear", also: .percent, default: "1", range: 0...10),
    .number(
      "at", "Time at which the fault begins, from frame position 0", unit: .second, default: "0 s", range: 0...1e9),
    .number("ramp", "Time that the fault takes to develop", unit: .second, default: "5 s", range: 0...1e9),
  ]

  private static let siteParameters: [ParameterDeclaration] = [
    .number(
      "variation",
      "Variation of recordings in load, speed, gain, microphone position, background, other machines and people "
        + "(0: only the noise varies, 100 %: as on a real site)", also: .percent, default: "0 %", range: 0...2),
    .integer(
      "recording", "Number of the first recording; the number determines its variation", default: "0", range: 0...1e12),
    .number(
      "every", "Length of a recording; default: one recording without end", unit: .second, range: 0.1...1e9),
    .integer(
      "per_day", "Recordings a day; recordings of one day are more similar", default: "4", range: 1...1_000_000),
  ]

  /// Silent below -100 dB full scale, clipped from 0.999 on.
  private static let thresholds = SourceSample.Thresholds(soundingFrom: 1e-5, clippedFrom: 0.999)

  private let channels: SourceChannels
  private let settings: SynthSettings
  private var driverRate = 0

  private let memory = NodeMemory()
  private var voices: UnsafeMutablePointer<Voice>?
  /// The latest block of every channel [channels][Voice.block], and its number.
  private var blocks: UnsafeMutablePointer<Float>?
  private var current = Int64.min
  private var samples: SourceOutput?

  required init(_ arguments: Arguments) throws {
    channels = try SourceChannels(arguments)
    settings = try Self.settings(arguments)
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    driverRate = setup.driverRate
    channels.describe(&answer.output.format, driverRate: driverRate)
    answer.memory = channels.count * (builder.voiceBytes + Voice.block * MemoryLayout<Float>.stride)
  }

  private var builder: VoiceBuilder { VoiceBuilder(settings, sampleRate: Double(driverRate)) }

  override func activate() throws {
    guard driverRate > 0 else { throw NodeError("cannot be activated before it is configured") }
    memory.free()
    let builder = builder
    voices = memory.array((0..<channels.count).map { builder.voice(channel: $0, memory) })
    blocks = memory.array(repeating: 0, count: channels.count * Voice.block)
    samples = SourceOutput(Self.thresholds, channels: channels.count, rate: driverRate, memory)
    current = Int64.min
  }

  override func deactivate() {
    samples = nil
    voices = nil
    blocks = nil
    memory.free()
  }

  @_noLocks @_noAllocation
  override func reset() { samples?.reset() }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    let output = cycle.output
    let frames = min(cycle.frames, output.capacity)
    var done = 0
    while done < frames {
      let position = cycle.position + Int64(done)
      let inside = Int(truncatingIfNeeded: position) & (Voice.block - 1)
      let count = min(frames - done, Voice.block - inside)
      prepare(position &- Int64(inside))
      for channel in 0..<channels.count {
        samples?.put(
          blocks.unsafelyUnwrapped + channel * Voice.block + inside, channel, to: output, at: done, count: count,
          isConnected: true)
      }
      done += count
    }
    output.count = frames
  }

  /// Computes the block that begins at a position, unless it is already there.
  @_noLocks @_noAllocation
  private func prepare(_ start: Int64) {
    if start == current { return }
    let voices = voices.unsafelyUnwrapped
    let blocks = blocks.unsafelyUnwrapped
    for channel in 0..<channels.count { voices[channel].render(blocks + channel * Voice.block, at: start) }
    current = start
  }
}
