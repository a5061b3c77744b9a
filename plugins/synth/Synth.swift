import CRealtime
import NodeKit

/// A machine simulator: a source that needs no microphone. Sample n depends on the parameters, the seed, the channel
/// and n alone: not on the period size, not on what was lost before, and as exactly after months as at the start.
final class Synth: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "source.synth", version: "1.0.0", summary: "Simulates the sound of a machine, and of its faults.",
      realtime: .hard,
      traits: .source, outputs: [PortDeclaration("out", .audio, "Samples at the driver's rate")],
      parameters: soundParameters + faultParameters + siteParameters
        + SourceChannels.parameters("Channels, one a machine, each an individual"))
  }

  private static let soundParameters: [ParameterDeclaration] = [
    .choice("machine", "What it simulates", of: Machine.allCases.map(\.rawValue), default: "fan"),
    .number(
      "speed", "Turns of the shaft; without it what is usual for the machine", unit: .hertz, range: 0.1...1000),
    .number("mains", "Frequency of the mains", unit: .hertz, default: "50 Hz", range: 10...1000),
    .number("load", "Mean load: 0 idle, 1 full", also: .percent, default: "0.7", range: 0...1),
    .number("wander", "How far the load slowly varies around it", also: .percent, default: "5 %", range: 0...1),
    .number(
      "level", "RMS of the healthy machine at full load; a bare number is a factor of full scale", also: .decibel,
      default: "-26 dB", range: 0...1000),
    .number(
      "noise", "Background noise against `level`; a bare number is a factor", also: .decibel, default: "-20 dB",
      range: 0...1000),
    .integer("seed", "Another seed is another machine of the same kind", default: "0", range: 0...9e15),
  ]

  private static let faultParameters: [ParameterDeclaration] = [
    .choice("fault", "What goes wrong", of: Fault.allCases.map(\.rawValue), default: "none"),
    .number("severity", "How far it goes: 0 not at all, 1 clearly", also: .percent, default: "1", range: 0...10),
    .number("at", "When the fault sets in, from frame position 0", unit: .second, default: "0 s", range: 0...1e9),
    .number("ramp", "How long it takes to develop", unit: .second, default: "5 s", range: 0...1e9),
  ]

  private static let siteParameters: [ParameterDeclaration] = [
    .number(
      "variation",
      "How much recordings differ in load, speed, gain, place of the microphone, background, other machines and people: "
        + "0 in their noise only, 100 % as on a real site", also: .percent, default: "0 %", range: 0...2),
    .integer("recording", "Number of the first recording; it says how it differs", default: "0", range: 0...1e12),
    .number(
      "every", "A new recording begins so often; without it one lasts for ever", unit: .second, range: 0.1...1e9),
    .integer(
      "per_day", "Recordings in a day; those of a day are more alike", default: "4", range: 1...1_000_000),
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

  /// Computes the block that begins at a position, unless it is there.
  @_noLocks @_noAllocation
  private func prepare(_ start: Int64) {
    if start == current { return }
    let voices = voices.unsafelyUnwrapped
    let blocks = blocks.unsafelyUnwrapped
    for channel in 0..<channels.count { voices[channel].render(blocks + channel * Voice.block, at: start) }
    current = start
  }
}
