import TestSupport
import Testing

/// Results never depend on the cut of a stream, nor on earlier work of an instance.
@Suite struct CutTests {
  struct Path: CustomTestStringConvertible, Sendable {
    var testDescription: String
    /// Class and parameters, in order.
    var nodes: [(name: String, parameters: [String: String])]

    func make() throws -> [StreamRig] { try nodes.map { try StreamRig($0.name, $0.parameters) } }
  }

  static let stft = (name: "stft", parameters: ["length": "256", "hop": "96", "pre_emphasis": "0.9"])
  static let mel = (name: "mel", parameters: ["bands": "20"])

  static let paths = [
    Path(
      testDescription: "spectrum, double",
      nodes: [("stft", stft.parameters.merging(["precision": "double"]) { $1 })]),
    Path(
      testDescription: "spectrum, single",
      nodes: [("stft", ["length": "200", "fft": "256", "hop": "37", "precision": "single", "center": "false"])]),
    Path(
      testDescription: "hop beyond the window",
      nodes: [("stft", ["length": "64", "hop": "230", "pre_emphasis": "0.9"]), ("power", ["power": "1"])]),
    Path(testDescription: "power", nodes: [stft, ("power", [:])]),
    Path(
      testDescription: "slices in dB",
      nodes: [stft, mel, ("normalize", [:]), ("slicer", ["length": "7", "hop": "3"])]),
    Path(
      testDescription: "levels", nodes: [stft, mel, ("normalize", ["low": "-80 dB", "high": "0 dB"])]),
    Path(testDescription: "rolling", nodes: [stft, mel, ("normalize", ["mode": "rolling", "over": "0.1 s"])]),
    Path(
      testDescription: "rolling by band, padded slices",
      nodes: [
        stft, mel, ("normalize", ["mode": "rolling", "over": "0.05 s", "per": "band"]),
        ("slicer", ["length": "9", "hop": "13", "pad": "true"]),
      ]),
    Path(
      testDescription: "pcen",
      nodes: [stft, ("mel", ["bands": "20", "power": "1"]), ("normalize", ["mode": "pcen"])]),
    Path(
      testDescription: "slice",
      nodes: [stft, mel, ("slicer", ["length": "20", "hop": "50 %"]), ("normalize", ["mode": "slice"])]),
    Path(
      testDescription: "slices without their level, statistics",
      nodes: [
        stft, mel, ("slicer", ["length": "7", "hop": "3"]), ("normalize", ["ref": "mean", "keep_level": "true"]),
        ("statistics", ["of": "mean+std"]),
      ]),
    Path(
      testDescription: "frames without their median, slices",
      nodes: [stft, mel, ("normalize", ["ref": "median"]), ("slicer", ["length": "7", "hop": "3"])]),
    Path(
      testDescription: "rolling over slices, statistics",
      nodes: [
        stft, mel, ("slicer", ["length": "5", "hop": "2"]), ("normalize", ["mode": "rolling", "over": "0.2 s"]),
        ("statistics", ["of": "mean+std+min+max+median"]),
      ]),
  ]

  @Test(arguments: paths) func anyPeriodsGiveTheSameBits(_ path: Path) throws {
    var random = SeededRandom(printing: "cuts, \(path.testDescription)")
    let audio = RigStream(audio: (0..<3).map { _ in random.values(9000) }, rate: 8000)
    let whole = try chain(audio, path.make()) { audio.count }
    let isFinite = whole.channels.allSatisfy { $0.allSatisfy { $0.isFinite } }
    #expect(whole.count > 0 && isFinite)
    for period in [1, 64, 8192] {
      #expect(try chain(audio, path.make()) { period }.bits == whole.bits, "periods of \(period)")
    }
    for _ in 0..<5 {
      #expect(try chain(audio, path.make()) { random.scaled(0...8192) }.bits == whole.bits, "random periods")
    }
    // Each channel is computed as if it were alone.
    for channel in audio.channels.indices {
      let alone = try chain(RigStream(audio: [audio.channels[channel]], rate: 8000), path.make()) { 512 }
      #expect(alone.bits[0] == whole.bits[channel], "channel \(channel) alone")
    }
  }

  /// A reset, an end and a new activation are all fresh starts.
  @Test(arguments: paths) func freshStarts(_ path: Path) throws {
    var random = SeededRandom(printing: "fresh starts, \(path.testDescription)")
    let before = RigStream(audio: [random.values(5000)], rate: 8000)
    let audio = RigStream(audio: [random.values(6000)], rate: 8000)
    let fresh = try chain(audio, path.make()) { random.scaled(1...1000) }
    for start in ["reset", "end", "activate"] {
      let nodes = try path.make()
      var heard = before
      for node in nodes {
        try node.start(heard.format)
        heard = try node.run(heard, isEnd: start == "end") { random.scaled(1...1000) }
        if start == "reset" { node.reset() }
        if start == "activate" {
          node.deactivate()
          try node.activate()
        }
      }
      let again = try nodes.reduce(audio) { stream, node in try node.run(stream) { random.scaled(1...1000) } }
      #expect(again.bits == fresh.bits, "after \(start)")
    }
  }

  /// The end of an empty stretch yields nothing.
  @Test(arguments: paths) func emptyStreams(_ path: Path) throws {
    let audio = RigStream(audio: [[]], rate: 8000)
    #expect(try chain(audio, path.make()) { 0 }.count == 0)
  }

  /// NaN and infinite samples have no effect once they have passed.
  @Test(arguments: paths) func recovers(_ path: Path) throws {
    guard path.testDescription != "rolling over slices, statistics" else { return }
    var random = SeededRandom(printing: "recovers, \(path.testDescription)")
    var samples = random.values(16000)
    let clean = try chain(RigStream(audio: [samples], rate: 8000), path.make()) { 512 }
    samples[4000] = .nan
    samples[4100] = .infinity
    samples[4200] = 3e38
    let result = try chain(RigStream(audio: [samples], rate: 8000), path.make()) { 512 }
    let tail = result.count - 3
    #expect(result.count == clean.count)
    let isFinite = result.part(tail..<result.count).channels[0].allSatisfy { $0.isFinite }
    #expect(isFinite)
    guard path.testDescription != "pcen" else { return }
    #expect(result.part(tail..<result.count).bits == clean.part(tail..<clean.count).bits)
  }
}
