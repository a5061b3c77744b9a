import CNodeABI
import Foundation
import TestSupport
import Testing

/// `source.synth`: every sample depends on parameters, seed, channel and position only.
struct SynthTests {
  private static let faults = ["none", "imbalance", "rub", "knock", "bearing", "blockage", "hum"]
  private static let day: Int64 = 48000 * 86400

  private func rig(_ settings: [String: Setting] = [:], rate: Int = 48000) throws -> Rig {
    let rig = try Rig("synth", "source.synth", node: "machine", settings)
    try rig.start([], rate: rate)
    return rig
  }

  /// Samples from a position on, in cycles as given.
  private func samples(_ rig: Rig, from start: Int64 = 0, cuts: [Int]) throws -> [[Float]] {
    var result = [[Float]](repeating: [], count: Int(rig.outputs[0].channels))
    var position = start
    for cut in cuts {
      let output = try rig.process([], position: position, frames: cut)[0]
      #expect(output.count == cut)
      for (channel, values) in output.samples.enumerated() { result[channel] += values }
      position += Int64(cut)
    }
    return result
  }

  private func level(_ samples: some Collection<Float>) -> Double {
    10 * log10(samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(samples.count))
  }

  @Test("Any cut, and any order of positions, gives the same bits", arguments: faults, [UInt64.random(in: 0...9999)])
  func anyCut(_ fault: String, _ seed: UInt64) throws {
    var random = SeededRandom(seed)
    let settings: [String: Setting] = ["fault": .text(fault), "channels": 2, "at": 0.1, "ramp": 0.2, "seed": 5]
    let whole = try samples(rig(settings), cuts: [Int](repeating: 1000, count: 30))
    let cut = try samples(rig(settings), cuts: random.cuts(30000))
    #expect(whole.map { $0.map(\.bitPattern) } == cut.map { $0.map(\.bitPattern) })
    let jumping = try rig(settings)
    for _ in 0..<50 {
      let start = Int.random(in: 0..<29000, using: &random)
      let count = Int.random(in: 1...1000, using: &random)
      let part = try samples(jumping, from: Int64(start), cuts: [count])
      #expect(part.indices.allSatisfy { part[$0] == Array(whole[$0][start..<start + count]) }, "from \(start)")
    }
  }

  /// With recordings that differ, a block needs sound that is still on its way from the blocks before: also after a
  /// jump.
  @Test(
    "Any cut, and any order of positions, gives the same bits where recordings differ", arguments: ["none", "bearing"],
    [UInt64.random(in: 0...9999)])
  func anyCutOfASeries(_ fault: String, _ seed: UInt64) throws {
    var random = SeededRandom(seed)
    let settings: [String: Setting] = [
      "fault": .text(fault), "channels": 2, "ramp": 0, "variation": 1, "every": 0.1, "per_day": 2, "recording": 7,
    ]
    let whole = try samples(rig(settings), cuts: [Int](repeating: 1000, count: 30))
    let cut = try samples(rig(settings), cuts: random.cuts(30000))
    #expect(whole.map { $0.map(\.bitPattern) } == cut.map { $0.map(\.bitPattern) })
    let jumping = try rig(settings)
    for _ in 0..<50 {
      let start = Int.random(in: 0..<29000, using: &random)
      let count = Int.random(in: 1...1000, using: &random)
      let part = try samples(jumping, from: Int64(start), cuts: [count])
      #expect(part.indices.allSatisfy { part[$0] == Array(whole[$0][start..<start + count]) }, "from \(start)")
    }
  }

  @Test("Without variation, recordings differ in their noise; with it in level, too")
  func recordings() throws {
    let cuts = [Int](repeating: 1000, count: 48)
    let plain = try samples(rig(), cuts: cuts)[0]
    let alike = try samples(rig(["recording": 5, "every": 0.1, "per_day": 1]), cuts: cuts)[0]
    #expect(alike != plain)
    #expect(abs(level(alike) - level(plain)) < 0.5)
    let levels = try (0..<24).map { number in
      level(try samples(rig(["variation": 1, "recording": .number(Double(number), 0)]), cuts: cuts)[0])
    }
    #expect(levels.max()! - levels.min()! > 4)
    #expect(levels.allSatisfy { abs($0 - level(plain)) < 25 })
    // The same number gives the same recording, wherever a series begins, except for effects of the position.
    let series = try samples(rig(["variation": 1, "every": 1, "recording": 3]), cuts: cuts + cuts)[0]
    #expect(abs(level(series[..<48000]) - levels[3]) < 0.001)
    #expect(abs(level(series[50000...]) - levels[4]) < 3)
  }

  @Test("Before the fault sets in, nothing differs from a healthy machine", arguments: faults.dropFirst())
  func onset(_ fault: String) throws {
    let cuts = [Int](repeating: 1024, count: 300)
    let healthy = try samples(rig(), cuts: cuts)[0]
    let faulty = try samples(rig(["fault": .text(fault), "at": 2, "ramp": 1]), cuts: cuts)[0]
    #expect(faulty[..<96000] == healthy[..<96000])
    let late = zip(faulty[200_000...], healthy[200_000...]).map { $0 - $1 }
    #expect(level(late) > level(healthy) - 15)
  }

  @Test("Severity scales a fault")
  func severity() throws {
    let cuts = [Int](repeating: 1000, count: 48)
    let healthy = try samples(rig(), cuts: cuts)[0]
    func difference(_ severity: Double) throws -> Double {
      let faulty = try samples(rig(["fault": "bearing", "ramp": 0, "severity": .number(severity, 0)]), cuts: cuts)[0]
      return level(zip(faulty, healthy).map { $0 - $1 })
    }
    #expect(abs(try difference(1) - difference(0.1) - 20) < 0.1)
  }

  @Test("The level is the RMS at full load", arguments: ["fan", "pump", "motor", "transformer", "power_line"])
  func levels(_ machine: String) throws {
    for decibels in [-20.0, -40] {
      let settings: [String: Setting] = [
        "machine": .text(machine), "level": .decibels(decibels), "load": 1, "noise": 0, "seed": 3, "wander": 0,
      ]
      let sound = try samples(rig(settings), cuts: [Int](repeating: 1024, count: 400))[0]
      #expect(abs(level(sound) - decibels) < 1)
      #expect(sound.allSatisfy { abs($0) < 1 })
    }
  }

  @Test("After a year the sound is as exact as at the start")
  func year() throws {
    // 50 Hz at 48 kHz repeats every 960 samples: the hum of a transformer is almost the same a year later.
    let transformer = try rig(["machine": "transformer", "noise": 0, "wander": 0])
    let start = try samples(transformer, from: 0, cuts: [1024, 1024])[0]
    let later = try samples(transformer, from: 365 * Self.day / 960 * 960, cuts: [1024, 1024])[0]
    let product = zip(start, later).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } / 2048
    #expect(product / pow(10, (level(start) + level(later)) / 20) > 0.95)
    // And a faulty fan still is one.
    let fan = try rig(["fault": "bearing", "ramp": 0])
    let early = level(try samples(fan, from: 0, cuts: [Int](repeating: 1024, count: 100))[0])
    let late = level(try samples(fan, from: 365 * Self.day + 12345, cuts: [Int](repeating: 1024, count: 100))[0])
    #expect(abs(early - late) < 1)
  }

  @Test("Channels and seeds are individuals")
  func individuals() throws {
    let two = try samples(rig(["channels": 2]), cuts: [1024, 1024])
    #expect(two[0] != two[1])
    let other = try samples(rig(["seed": 1]), cuts: [1024, 1024])[0]
    #expect(two[0] == (try samples(rig(), cuts: [1024, 1024])[0]))
    #expect(two[0] != other)
  }

  @Test("The tones lie where the speed says")
  func speed() throws {
    // 1200 rpm: 20 Hz; seven blades: 140 Hz. One second of samples resolves 1 Hz.
    let fan = try rig(["speed": .hertz(20), "noise": 0, "wander": 0], rate: 16000)
    let sound = try samples(fan, cuts: [Int](repeating: 1000, count: 16))[0]
    func power(_ hertz: Double) -> Double {
      var (re, im) = (0.0, 0.0)
      for (index, sample) in sound.enumerated() {
        re += Double(sample) * cos(2 * .pi * hertz * Double(index) / 16000)
        im += Double(sample) * sin(2 * .pi * hertz * Double(index) / 16000)
      }
      return re * re + im * im
    }
    for tone in [140.0, 280, 420] { #expect(power(tone) > 30 * max(power(tone - 7), power(tone + 7))) }
  }

  @Test("The speed follows the wandering load, without a jump")
  func wander() throws {
    // 20 Hz at 5 % slip at most; the seventh order moves by some hertz over a minute.
    let settings: [String: Setting] = ["speed": .hertz(20), "noise": 0, "load": 1, "wander": 1]
    let sound = try samples(rig(settings, rate: 8000), cuts: [Int](repeating: 1000, count: 8 * 60))[0]
    let tones = (0..<60).map { second in
      let part = Array(sound[second * 8000..<(second + 1) * 8000])
      let candidates = stride(from: 130.0, through: 150, by: 0.25)
      return candidates.max { power(of: part, $0) < power(of: part, $1) } ?? 0
    }
    #expect(tones.max()! - tones.min()! > 2)
    #expect(zip(tones, tones.dropFirst()).allSatisfy { abs($0 - $1) < 2.5 })
  }

  /// Power at a frequency, through a Hann window, at 8 kHz.
  private func power(of sound: [Float], _ hertz: Double) -> Double {
    var (re, im) = (0.0, 0.0)
    for (index, sample) in sound.enumerated() {
      let window = 0.5 - 0.5 * cos(2 * .pi * Double(index) / Double(sound.count))
      re += window * Double(sample) * cos(2 * .pi * hertz * Double(index) / 8000)
      im += window * Double(sample) * sin(2 * .pi * hertz * Double(index) / 8000)
    }
    return re * re + im * im
  }

  @Test("All machines, faults and rates give finite samples, marked sounding")
  func finite() throws {
    let (machines, faults) = (["fan", "pump", "motor", "transformer", "power_line"], Self.faults + ["corona"])
    var heard: (machines: Set<String>, faults: Set<String>) = ([], [])
    for machine in machines {
      for fault in faults {
        for (rate, variation) in [(8000, 0.0), (44100, 0), (192_000, 0), (8000, 2), (192_000, 1)] {
          let settings: [String: Setting] = [
            "machine": .text(machine), "fault": .text(fault), "ramp": 0, "variation": .number(variation, 0),
          ]
          // Not every machine can have every fault.
          guard let rig = try? rig(settings, rate: rate) else { continue }
          heard.machines.insert(machine)
          heard.faults.insert(fault)
          let output = try rig.process([], position: Int64.random(in: 0...1_000_000_000_000), frames: 1000)[0]
          #expect(output.samples[0].allSatisfy { $0.isFinite })
          #expect((0..<1000).filter { output.mark($0, 0) & UInt8(AUSCULT_MARK_SOUNDING) != 0 }.count > 900)
        }
      }
    }
    #expect(heard.machines == Set(machines) && heard.faults == Set(faults))
  }

  @Test("What a machine cannot have is refused, with what it can")
  func impossible() throws {
    let failure = #expect(throws: Rig.Failure.self) { try rig(["machine": "transformer", "fault": "bearing"]) }
    #expect(failure?.parameter == "fault")
    #expect(failure?.text == "a transformer has no bearing; it takes none, hum, corona")
    #expect(throws: Rig.Failure.self) { try rig(["machine": "power_line", "speed": .hertz(25)]) }
    #expect(throws: Rig.Failure.self) { try rig(["channels": 2, "machines": ["a"]]) }
    let doubled = #expect(throws: Rig.Failure.self) { try rig(["channels": 3, "machines": ["a", "b", "a"]]) }
    #expect(doubled?.text == "two channels have the machine name 'a'" && doubled?.parameter == "machines")
  }
}
