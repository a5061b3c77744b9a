import CNodeABI
import TestSupport
import Testing

/// `source`: its output, and its marks.
struct SourceTests {
  private static let sounding = UInt8(AUSCULT_MARK_SOUNDING)
  private static let clipped = UInt8(AUSCULT_MARK_CLIPPED)

  /// Samples and marks of one channel.
  private func run(_ settings: [String: Setting], _ samples: [Float]) throws -> ([Float], [UInt8]) {
    let rig = try Rig("source", "source", settings)
    try rig.start([])
    let output = try rig.process([], frames: samples.count, external: [samples])[0]
    #expect(output.count == samples.count)
    // Connected and moving; `StillnessTests` tests the rest.
    let usual = UInt8(AUSCULT_MARK_CONNECTED | AUSCULT_MARK_MOVING)
    #expect(samples.indices.allSatisfy { output.mark($0, 0) & usual == usual })
    return (output.samples[0], samples.indices.map { output.mark($0, 0) & (Self.sounding | Self.clipped) })
  }

  @Test("Ordinary samples pass untouched; marks follow the thresholds")
  func marks() throws {
    let samples: [Float] = [0, 0.000_009, -0.000_011, 0.5, -0.998, 0.999, -1, 1.5]
    let (out, marks) = try run([:], samples)
    #expect(out == samples)
    let (s, c) = (Self.sounding, Self.clipped)
    #expect(marks == [0, 0, s, s, s, s | c, s | c, s | c])
  }

  @Test("Thresholds in dB, as factors, and off")
  func thresholds() throws {
    let samples: [Float] = [0, 0.05, -0.2, 0.6]
    let (s, c) = (Self.sounding, Self.clipped)
    #expect(try run(["silent_below": .decibels(-20), "clipped_at": .decibels(-6)], samples).1 == [0, 0, s, s | c])
    #expect(try run(["silent_below": .decibels(-20), "clipped_at": 0.2], samples).1 == [0, 0, s | c, s | c])
    #expect(try run(["silent_below": "off", "clipped_at": "off"], samples + [7]).1 == [s, s, s, s, s])
  }

  @Test("What is not a finite number becomes 0, what is huge is bounded; both are marked clipped")
  func hostile() throws {
    let samples: [Float] = [
      .nan, -.nan, .signalingNaN, .infinity, -.infinity, 1e30, -1e30, 1e9, 2e9, .leastNonzeroMagnitude, -0.0,
    ]
    for settings: [String: Setting] in [[:], ["clipped_at": "off"]] {
      let (out, marks) = try run(settings, samples)
      #expect(out == [0, 0, 0, 0, 0, 1e9, -1e9, 1e9, 1e9, .leastNonzeroMagnitude, -0.0])
      for index in [0, 1, 2, 3, 4, 5, 6, 8] { #expect(marks[index] & Self.clipped != 0) }
      for index in 0..<5 { #expect(marks[index] & Self.sounding == 0) }
    }
  }

  @Test("Any length gives the same as sample by sample, on every channel", arguments: [UInt64.random(in: 0...9999)])
  func lengths(_ seed: UInt64) throws {
    var random = SeededRandom(seed)
    let rig = try Rig("source", "source", ["channels": 3])
    try rig.start([])
    for count in [1, 2, 3, 4, 5, 15, 16, 17, 31, 33, 100, 1024] {
      let samples = (0..<3).map { _ in
        (0..<count).map { _ in Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &random)) }
      }
      let output = try rig.process([], frames: count, external: samples)[0]
      for channel in 0..<3 {
        for frame in 0..<count {
          let (value, mark) = try run([:], [samples[channel][frame]])
          #expect(output.samples[channel][frame].bitPattern == value[0].bitPattern)
          #expect(output.mark(frame, channel) & (Self.sounding | Self.clipped) == mark[0])
        }
        if count > 33 { break }
      }
    }
  }

  @Test("Machines: given, or the node's name, numbered where there are several")
  func machines() throws {
    func names(_ settings: [String: Setting]) throws -> [String] {
      let rig = try Rig("source", "source", node: "mic", settings)
      try rig.start([])
      return (0..<Int(rig.outputs[0].channels)).map { String(cString: rig.outputs[0].machines[$0]!) }
    }
    #expect(try names([:]) == ["mic"])
    #expect(try names(["channels": 3]) == ["mic-1", "mic-2", "mic-3"])
    #expect(try names(["channels": 2, "machines": ["fan-00", "fan-01"]]) == ["fan-00", "fan-01"])
    let failure = #expect(throws: Rig.Failure.self) { try names(["channels": 2, "machines": "fan"]) }
    #expect(failure?.parameter == "machines")
    #expect(failure?.text == "1 machine names for 2 channels: give one for each, or none")
    let doubled = #expect(throws: Rig.Failure.self) { try names(["channels": 2, "machines": ["a", "a"]]) }
    #expect(doubled?.text == "two channels have the machine name 'a'" && doubled?.parameter == "machines")
  }

  @Test("The format, and what it asks of the driver")
  func format() throws {
    let rig = try Rig("source", "source", ["channels": 2, "connect": ["system:capture_1", "system:capture_2"]])
    try rig.start([], rate: 44100)
    let format = rig.outputs[0]
    #expect(format.kind == AUSCULT_AUDIO && format.channels == 2 && format.driver_rate == 44100)
    #expect(format.denominator == 1 && format.period == 1 && format.extent == 1 && format.offset == 0)
    #expect(rig.answer.external_inputs == 2)
    #expect(rig.connect == ["system:capture_1", "system:capture_2"])
  }
}
