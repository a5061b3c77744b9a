import TestSupport
import Testing

/// Agreement with librosa 0.11, within the tolerances of the numerical conventions: 1e-4 of a dB with its floor at
/// 1e-10 for the double transform, 1e-4 on features mapped to [0, 1] for both.
@Suite struct LibrosaTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var rate: Int
    var stft: [String: String]
    var mel: [String: String]
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "mel48000", rate: 48000, stft: ["length": "2048", "hop": "512"], mel: ["bands": "128"]),
    Case(name: "mel44100", rate: 44100, stft: ["length": "1024", "hop": "512"], mel: ["bands": "128"]),
    Case(name: "mel16000", rate: 16000, stft: ["length": "1024", "hop": "512"], mel: ["bands": "128"]),
    Case(name: "mel16000_64", rate: 16000, stft: ["length": "1024", "hop": "512"], mel: ["bands": "64"]),
    Case(
      name: "mel16000_uncentred", rate: 16000, stft: ["length": "1024", "hop": "512", "center": "false"],
      mel: ["bands": "64"]),
    Case(
      name: "mel16000_htk", rate: 16000, stft: ["length": "1024", "hop": "512"],
      mel: ["bands": "64", "scale": "htk", "norm": "none"]),
    Case(
      name: "mel16000_htk_slaney", rate: 16000, stft: ["length": "64 ms", "hop": "32 ms"],
      mel: ["bands": "64", "scale": "htk"]),
    Case(
      name: "mel16000_range", rate: 16000, stft: ["length": "2048", "hop": "512"],
      mel: ["bands": "128", "fmin": "20", "fmax": "2 kHz"]),
    Case(
      name: "mel16000_short_window", rate: 16000, stft: ["length": "400", "fft": "1024", "hop": "160"],
      mel: ["bands": "64"]),
    Case(
      name: "mel16000_hamming_magnitude", rate: 16000, stft: ["length": "512", "hop": "200", "window": "hamming"],
      mel: ["bands": "40", "power": "1"]),
    Case(
      name: "pre_emphasis", rate: 16000, stft: ["length": "1024", "hop": "512", "pre_emphasis": "0.97"],
      mel: ["bands": "64"]),
  ]

  private func mel(_ test: Case, precision: String, _ random: inout SeededRandom) throws -> RigStream {
    let signal = try Fixture("signal\(test.rate)").values
    let stft = try StreamRig("stft", test.stft.merging(["precision": precision]) { $1 })
    let mel = try StreamRig("mel", test.mel)
    return try chain(RigStream(audio: [signal], rate: test.rate), [stft, mel]) { random.scaled(1...8192) }
  }

  @Test(arguments: cases) func melSpectrogram(_ test: Case) throws {
    let expected = try Fixture(test.name)
    var random = SeededRandom(printing: "mel \(test.name)")
    let double = try mel(test, precision: "double", &random)
    #expect([double.count, double.format.width] == expected.shape)
    #expect(difference(double.channels[0], expected.values, by: decibel) < 1e-4)
    let single = try mel(test, precision: "single", &random)
    let unit = { (power: Float) in min(1, max(0, (decibel(power) + 80) / 100)) }
    #expect(difference(single.channels[0], expected.values, by: unit) < 1e-4)
  }

  @Test(arguments: [(48000, "2048"), (44100, "1024"), (16000, "1024")])
  func decibels(rate: Int, length: String) throws {
    let expected = try Fixture("decibel\(rate)")
    let signal = try Fixture("signal\(rate)").values
    var random = SeededRandom(printing: "decibel \(rate)")
    let result = try chain(
      RigStream(audio: [signal], rate: rate),
      [
        StreamRig("stft", ["precision": "double", "length": length, "hop": "512"]), StreamRig("mel"),
        StreamRig("normalize"),
      ]
    ) { random.scaled(1...8192) }
    #expect([result.count, result.format.width] == expected.shape)
    #expect(difference(result.channels[0], expected.values) < 1e-4)
  }

  /// Each bin's unit impulse through the filters gives one column of the matrix.
  @Test(arguments: [("filters_slaney", "slaney", "slaney"), ("filters_htk", "htk", "none")])
  func filters(name: String, scale: String, norm: String) throws {
    let expected = try Fixture(name)
    let bins = expected.shape[1]
    let stft = try StreamRig("stft", ["length": "1024"])
    let spectrum = try stft.configure(RigFormat(audioChannels: 1, rate: 16000))
    let mel = try StreamRig("mel", ["bands": "64", "scale": scale, "norm": norm])
    try mel.start(spectrum)
    var impulses = [Float](repeating: 0, count: bins * 2 * bins)
    for bin in 0..<bins { impulses[bin * 2 * bins + 2 * bin] = 1 }
    let result = try mel.run(RigStream(format: spectrum, channels: [impulses])) { bins }
    let transposed = (0..<64).flatMap { band in (0..<bins).map { result.channels[0][$0 * 64 + band] } }
    #expect(difference(transposed, expected.values) < 1e-9)
  }

  @Test func spectrumAndMagnitude() throws {
    let signal = try Fixture("signal16000").values
    let stft = try StreamRig("stft", ["precision": "double", "length": "1024", "hop": "2048"])
    let magnitude = try StreamRig("power", ["power": "1"])
    var random = SeededRandom(printing: "spectrum")
    let spectrum = try chain(RigStream(audio: [signal], rate: 16000), [stft]) { random.scaled(1...8192) }
    #expect(difference(spectrum.channels[0], try Fixture("stft16000").values) < 2e-5)
    let result = try chain(spectrum, [magnitude]) { random.int(1...5) }
    #expect(difference(result.channels[0], try Fixture("magnitude16000").values) < 2e-5)
  }

  @Test(arguments: [
    ("pcen", [:]), ("pcen_other", ["gain": "0.8", "bias": "10", "power": "0.25", "time_constant": "60 ms"]),
  ]) func energyNormalisation(name: String, parameters: [String: String]) throws {
    let signal = try Fixture("signal16000").values
    let expected = try Fixture(name).values
    var random = SeededRandom(printing: name)
    let result = try chain(
      RigStream(audio: [signal], rate: 16000),
      [
        StreamRig("stft", ["length": "1024", "hop": "512"]), StreamRig("mel", ["bands": "64", "power": "1"]),
        StreamRig("normalize", parameters.merging(["mode": "pcen"]) { $1 }),
      ]
    ) { random.scaled(1...8192) }
    let scale = Double(expected.max()!)
    #expect(difference(result.channels[0], expected) / scale < 1e-5)
  }

  @Test(arguments: [("slice_max", [:]), ("slice_one", ["ref": "1"])])
  func slices(name: String, parameters: [String: String]) throws {
    let signal = try Fixture("signal16000").values
    let expected = try Fixture(name)
    var random = SeededRandom(printing: name)
    let result = try chain(
      RigStream(audio: [signal], rate: 16000),
      [
        StreamRig("stft", ["length": "1024", "hop": "512"]), StreamRig("mel", ["bands": "64"]),
        StreamRig("slicer", ["length": "10", "hop": "50 %"]),
        StreamRig("normalize", parameters.merging(["mode": "slice"]) { $1 }),
      ]
    ) { random.scaled(1...8192) }
    #expect([result.count, Int(result.format.native.rows), Int(result.format.native.columns)] == expected.shape)
    #expect(difference(result.channels[0], expected.values) < 1e-5)
    #expect(result.format.native.scale == 2)
  }

  /// A slice's level, removed in its power and kept; the statistics of the remaining values.
  @Test(arguments: [
    ("mean", ["ref": "mean"]), ("median", ["ref": "median"]), ("max", ["ref": "max"]),
    ("band", ["ref": "band", "ref_band": "20"]),
  ])
  func level(name: String, parameters: [String: String]) throws {
    let signal = try Fixture("signal16000").values
    var random = SeededRandom(printing: "level \(name)")
    let nodes = { (last: [StreamRig], keeps: Bool) in
      try [
        StreamRig("stft", ["precision": "double", "length": "1024", "hop": "512"]), StreamRig("mel", ["bands": "64"]),
        StreamRig("slicer", ["length": "10", "hop": "50 %"]),
        StreamRig("normalize", keeps ? parameters.merging(["keep_level": "true"]) { $1 } : parameters),
      ] + last
    }
    func check(_ fixture: String, _ last: [StreamRig]) throws {
      let expected = try Fixture(fixture)
      let stream = RigStream(audio: [signal], rate: 16000)
      let result = try chain(stream, nodes(last, true)) { random.scaled(1...8192) }
      let (rows, columns) = (Int(result.format.native.rows), Int(result.format.native.columns))
      #expect((last.isEmpty ? [result.count, rows, columns] : [result.count, columns]) == expected.shape)
      #expect(difference(result.channels[0], expected.values) < 1e-4)
      // Frequencies stay with their columns; the level has none.
      let hertz = (0..<columns).map { result.format.native.frequencies[$0] }
      #expect(hertz.indices.filter { hertz[$0] < 0 } == (last.isEmpty ? [64] : [64, 129]))
    }
    try check("level_\(name)", [])
    try check("level_\(name)_statistics", [StreamRig("statistics", ["of": "mean+std"])])
    // The bands are the same where the level is not kept.
    let kept = try chain(RigStream(audio: [signal], rate: 16000), nodes([], true)) { 999 }
    let plain = try chain(RigStream(audio: [signal], rate: 16000), nodes([], false)) { 999 }
    let bands = kept.channels[0].enumerated().filter { $0.offset % 65 < 64 }.map(\.element.bitPattern)
    #expect(bands == plain.bits[0] && plain.format.native.scale == 1 && kept.format.native.scale == 1)
  }

  /// For single analysis frames.
  @Test func levelOfFrames() throws {
    let expected = try Fixture("level_frames")
    var random = SeededRandom(printing: "level of frames")
    let result = try chain(
      RigStream(audio: [Fixture("signal16000").values], rate: 16000),
      [
        StreamRig("stft", ["precision": "double", "length": "1024", "hop": "512"]), StreamRig("mel", ["bands": "64"]),
        StreamRig("normalize", ["ref": "mean"]),
      ]
    ) { random.scaled(1...8192) }
    #expect([result.count, result.format.width] == expected.shape)
    #expect(difference(result.channels[0], expected.values) < 1e-4)
  }

  @Test func statistics() throws {
    let signal = try Fixture("signal16000").values
    var random = SeededRandom(printing: "statistics")
    let result = try chain(
      RigStream(audio: [signal], rate: 16000),
      [
        StreamRig("stft", ["precision": "double", "length": "1024", "hop": "512"]), StreamRig("mel", ["bands": "64"]),
        StreamRig("normalize"),
        StreamRig("slicer", ["length": "10", "hop": "5"]), StreamRig("statistics", ["of": "mean + std+median"]),
      ]
    ) { random.scaled(1...8192) }
    let expected = try Fixture("statistics")
    #expect([result.count, result.format.width] == expected.shape)
    #expect(difference(result.channels[0], expected.values) < 1e-4)
  }
}
