import Foundation
import TestSupport
import Testing

@Suite struct NormalizeTests {
  /// A stream of features, 100 a second, from a driver of 8 kHz.
  static func features(_ values: [Float], columns: Int, scale: UInt32 = 0, rows: Int = 1) -> RigStream {
    var format = RigFormat(audioChannels: 1, rate: 8000).native
    format.kind = rows > 1 ? 8 : 4
    format.rows = UInt32(rows)
    format.columns = UInt32(columns)
    format.scale = scale
    (format.period, format.extent) = (80, 160)
    return RigStream(format: RigFormat(format), channels: [values])
  }

  static func normalized(_ stream: RigStream, _ parameters: [String: String]) throws -> RigStream {
    try chain(stream, [StreamRig("normalize", parameters)]) { 7 }
  }

  /// The vectorised logarithm: one float rounding of the exact value, over the whole range and near 0 dB.
  @Test func decibelsAreExact() throws {
    var random = SeededRandom(printing: "decibels")
    let values = (0..<200_000).map { index in
      index % 2 == 0
        ? Float(pow(10, Double.random(in: -10...37, using: &random))) : Float.random(in: 0.5...2, using: &random)
    }
    let result = try Self.normalized(Self.features(values, columns: 1000), [:])
    #expect(result.format.native.scale == 1)
    for (value, level) in zip(values, result.channels[0]) {
      let exact = decibel(value)
      #expect(abs(Double(level) - exact) < max(1e-6, abs(exact) * 1.2e-7), "\(value)")
    }
  }

  @Test func decibelsOfWhatIsNoLevel() throws {
    let result = try Self.normalized(Self.features([0, -1, .nan, 1e-12, 1, .infinity], columns: 6), ["ref": "10"])
    #expect(result.channels[0][..<5] == [-110, -110, -110, -110, -10])
    #expect(abs(result.channels[0][5] - 375.32) < 0.01)
    let floor = try Self.normalized(Self.features([0], columns: 1), ["floor": "2.2e-16"])
    #expect(abs(Double(floor.channels[0][0]) - 10 * log10(2.2e-16)) < 2e-5)
  }

  @Test func levelsBecomeUnits() throws {
    let result = try Self.normalized(
      Self.features([1e-9, 1e-8, 1e-4, 1, 10], columns: 5), ["low": "-80 dB", "high": "0 dB"])
    #expect(difference(result.channels[0], [0, 0, 0.5, 1, 1]) < 1e-6)
    #expect(result.format.native.scale == 2)
    // Values in dB are only mapped.
    let mapped = try Self.normalized(Self.features([-40, -100], columns: 2, scale: 1), ["low": "-80", "high": "0"])
    #expect(mapped.channels[0] == [0.5, 0])
  }

  /// By the definition, for any values: also negative, equal, subnormal, infinite and NaN.
  @Test func levelsOfTokens() throws {
    var random = SeededRandom(printing: "levels of tokens")
    for _ in 0..<200 {
      let (rows, columns) = (random.int(1...4), random.int(1...9))
      let kinds: [Float] = [0, -0.0, -1, 1, 1, .nan, .infinity, .leastNonzeroMagnitude, 1e-12]
      let values = (0..<(rows * columns)).map { _ in
        Bool.random(using: &random)
          ? kinds[random.int(0...(kinds.count - 1))] : Float(pow(10, Double.random(in: -12...8, using: &random)))
      }
      let band = random.int(0...(columns - 1))
      // NaN counts as 0, infinity as the largest float.
      let power = values.map {
        $0.isNaN ? 0 : Double(min(.greatestFiniteMagnitude, $0))
      }
      let sorted = power.sorted()
      let of = stride(from: band, to: power.count, by: columns).map { power[$0] }
      let references = [
        "mean": power.reduce(0, +) / Double(power.count), "max": sorted.last!,
        "median": (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2,
        "band": of.reduce(0, +) / Double(of.count),
      ]
      for (name, reference) in references {
        let parameters = ["ref": name, "keep_level": "true"].merging(name == "band" ? ["ref_band": "\(band)"] : [:]) {
          $1
        }
        let found = try Self.normalized(Self.features(values, columns: columns, rows: rows), parameters).channels[0]
        let level = 10 * log10(max(1e-10, reference))
        var expected: [Float] = []
        for (index, value) in power.enumerated() {
          expected.append(Float(10 * log10(max(1e-10, value)) - level))
          if index % columns == columns - 1 { expected.append(Float(level)) }
        }
        #expect(difference(found, expected) < 1e-4, "\(name) of \(values)")
      }
    }
  }

  /// Sound that is n times as loud has the same values, within the rounding of the logarithm: 2e-5 dB.
  @Test(arguments: ["mean", "median", "max"]) func gainChangesTheLevelAlone(reference: String) throws {
    var random = SeededRandom(printing: "gain, \(reference)")
    let sound = random.noise(channels: 1, frames: 40_000)[0].map { $0 * 0.1 }
    func features(_ gain: Float) throws -> [Float] {
      try chain(
        RigStream(audio: [sound.map { $0 * gain }], rate: 16000),
        [
          StreamRig("stft", ["length": "1024", "hop": "512"]), StreamRig("mel", ["bands": "64"]),
          StreamRig("slicer", ["length": "31", "hop": "25 %"]),
          StreamRig("normalize", ["ref": reference, "keep_level": "true"]),
          StreamRig("statistics", ["of": "mean+std"]),
        ]
      ) { 512 }.channels[0]
    }
    let plain = try features(1)
    for decibels: Float in [6, -6, 20] {
      let other = try features(pow(10, decibels / 20))
      try #require(other.count == plain.count && other.count >= 5 * 130)
      for (index, pair) in zip(other, plain).enumerated() {
        let change = index % 130 == 64 ? decibels : 0
        #expect(abs(pair.0 - pair.1 - change) < 2e-5, "\(decibels) dB, column \(index % 130)")
      }
    }
  }

  @Test func topOfASlice() throws {
    let slice = Self.features([1, 1e-9, 100, 1e-3], columns: 2, rows: 2)
    let result = try Self.normalized(slice, ["top_db": "80", "ref": "max"])
    #expect(difference(result.channels[0], [-20, -80, 0, -50]) < 1e-5)
    let constant = try Self.normalized(
      Self.features([5, 5, 5, 5], columns: 2, rows: 2), ["mode": "slice", "epsilon": "0"])
    #expect(constant.channels[0] == [0, 0, 0, 0])
  }

  @Test func frozenByLists() throws {
    let stream = Self.features([1, 2, 3, 4, 5, 6], columns: 3)
    let standard = try Self.normalized(stream, ["mode": "frozen", "mean": "[1, 2, 3]", "std": "[2, 0, 0.5]"])
    #expect(standard.channels[0] == [0, 0, 0, 1.5, 3, 6])
    let range = try Self.normalized(
      stream, ["mode": "frozen", "minimum": "1", "maximum": "[3, 5, 3]", "clip": "true"])
    #expect(range.channels[0] == [0, 0.25, 1, 1, 1, 1])
    #expect(range.format.native.scale == 2 && standard.format.native.scale == 3)
  }

  @Test(arguments: ["<f4", "<f8"]) func frozenByFile(type: String) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "auscult-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "statistics.npy")
    let values: [Double] = [1, 2, 3, 2, 0, 0.5]
    try npy(values, shape: "(2, 3)", type: type).write(to: file)
    let stream = Self.features([3, 3, 3, 4, 5, 6], columns: 3)
    let result = try Self.normalized(stream, ["mode": "frozen", "model": file.path])
    #expect(result.channels[0] == [1, 1, 0, 1.5, 3, 6])
    let slices = Self.features([3, 3, 3, 4, 5, 6], columns: 3, rows: 2)
    #expect(try Self.normalized(slices, ["mode": "frozen", "model": file.path]).channels == result.channels)

    try npy(values, shape: "(3, 2)", type: type).write(to: file)
    let shape = #expect(throws: StreamRig.Problem.self) {
      try Self.normalized(stream, ["mode": "frozen", "model": file.path])
    }
    #expect(shape?.description == "model: \(file.path) has the shape [3, 2]; two rows of 3 bands are needed")
    // Hostile files: truncated, absurd shapes, not an array.
    for bytes in [
      Data(npy(values, shape: "(2, 3)", type: type).dropLast()), npy(values, shape: "(-2, -3)", type: type),
      npy(values, shape: "(9223372036854775807, 9)", type: type), npy(values, shape: "(2, 3)", type: "<i8"),
      Data("no array".utf8), Data(), Data([0x93] + Array("NUMPY".utf8) + [1, 0, 255, 255, 1, 2]),
    ] {
      try bytes.write(to: file)
      let problem = #expect(throws: StreamRig.Problem.self) {
        try Self.normalized(stream, ["mode": "frozen", "model": file.path])
      }
      #expect(problem?.description == "model: \(file.path) is not a .npy file of float32 or float64")
    }
    // A missing file is an error only when the graph is to run.
    try FileManager.default.removeItem(at: file)
    let node = try StreamRig("normalize", ["mode": "frozen", "model": file.path])
    try node.configure(stream.format)
    let missing = #expect(throws: StreamRig.Problem.self) { try node.activate() }
    #expect(missing?.description == "model: \(file.path) cannot be read")
  }

  private func npy(_ values: [Double], shape: String, type: String) -> Data {
    let header = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
    let padded = header + String(repeating: " ", count: 118 - header.utf8.count - 1) + "\n"
    var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(padded.utf8.count), 0] + Array(padded.utf8))
    for value in values {
      if type == "<f4" {
        withUnsafeBytes(of: Float(value)) { data.append(contentsOf: $0) }
      } else {
        withUnsafeBytes(of: value) { data.append(contentsOf: $0) }
      }
    }
    return data
  }

  /// The last `over`, by the definition, for windows of any length.
  @Test func rolling() throws {
    var random = SeededRandom(printing: "rolling")
    for _ in 0..<40 {
      let columns = random.int(1...5)
      let rows = random.int(1...3)
      let window = random.scaled(1...60)
      let width = rows * columns
      let tokens = random.values(random.scaled(1...300) * width)
      let isPerBand = Bool.random(using: &random)
      let result = try Self.normalized(
        Self.features(tokens, columns: columns, scale: 1, rows: rows),
        ["mode": "rolling", "over": "\(Double(window) / 100) s", "per": isPerBand ? "band" : "all"])
      let expected = (0..<result.count).flatMap { token in
        let seen = tokens[(max(0, token - window + 1) * width)..<((token + 1) * width)]
        return (0..<width).map { index in
          let own = seen.enumerated().filter { !isPerBand || $0.offset % columns == index % columns }.map(\.element)
          let (low, high) = (own.min()!, own.max()!)
          return (tokens[token * width + index] - low) / (high - low == 0 ? 1 : high - low + 1e-8)
        }
      }
      #expect(
        result.channels[0] == expected,
        "\(result.count) tokens of \(rows) x \(columns), window \(window), per band: \(isPerBand)")
    }
  }

  @Test func none() throws {
    let values: [Float] = [1, .nan, -0.0, .infinity]
    let result = try Self.normalized(Self.features(values, columns: 2, scale: 1), ["mode": "none"])
    #expect(result.bits[0] == values.map(\.bitPattern) && result.format.native.scale == 1)
  }

  @Test(arguments: [
    (["mode": "slice"], "mode: the mode slice takes slices: put it after a slicer"),
    (
      ["mode": "rolling", "per": "band", "over": "24 h"],
      "over: the last 86400.0 s would take 197 MiB; at most 128 are kept"
    ),
    (["top_db": "80"], "top_db: a live stream has no greatest value as a reference for top_db: put it after a slicer"),
    (["ref": "band"], "ref: ref: band and ref_band go together"),
    (["ref": "mean", "ref_band": "1"], "ref_band: ref: band and ref_band go together"),
    (["ref": "band", "ref_band": "3"], "ref_band: there are 3 bands, from 0 to 2"),
    (
      ["keep_level": "true"],
      "keep_level: keep_level works only in the mode decibel, with ref: mean, max, median or band, and without "
        + "low and high"
    ),
    (
      ["keep_level": "true", "ref": "mean", "low": "-80", "high": "0"],
      "keep_level: keep_level works only in the mode decibel, with ref: mean, max, median or band, and without "
        + "low and high"
    ),
    (["low": "-80"], "low: low and high go together"),
    (["low": "0 dB", "high": "-80 dB"], "low: 0.0 dB is not below high, -80.0 dB"),
    (["mode": "pcen", "high": "0"], "high: low and high work only in the mode decibel"),
    (["mode": "frozen"], "mode: the mode frozen takes one of: model, mean with std, minimum with maximum"),
    (
      ["mode": "frozen", "mean": "1", "std": "1", "model": "a.npy"],
      "mode: the mode frozen takes one of: model, mean with std, minimum with maximum"
    ),
    (["mode": "frozen", "mean": "1"], "mean: mean and std go together"),
    (["mode": "frozen", "mean": "[1, 2]", "std": "1"], "mean: 2 values for 3 bands"),
    (
      ["mode": "frozen", "minimum": "2", "maximum": "1"],
      "minimum: the statistics hold a value that is not finite, or a negative width"
    ),
  ]) func refuses(_ parameters: [String: String], _ message: String) throws {
    let problem = #expect(throws: StreamRig.Problem.self) {
      try Self.normalized(Self.features([1, 2, 3], columns: 3), parameters)
    }
    #expect(problem?.description == message)
  }

  @Test func refusesPcenOfSlices() throws {
    let problem = #expect(throws: StreamRig.Problem.self) {
      try Self.normalized(Self.features([1, 2, 3, 4], columns: 2, rows: 2), ["mode": "pcen"])
    }
    #expect(
      problem?.description == "mode: the mode pcen follows a stream of features: put it before the slicer")
  }

  @Test(arguments: ["mean", "median", "band"]) func refusesLevelsOfDecibels(reference: String) throws {
    let parameters = ["ref": reference].merging(reference == "band" ? ["ref_band": "0"] : [:]) { $1 }
    let problem = #expect(throws: StreamRig.Problem.self) {
      try Self.normalized(Self.features([-1, -2, -3], columns: 3, scale: 1), parameters)
    }
    #expect(
      problem?.description
        == "ref: the input is already in dB, and this level needs power: use this node instead of the one that "
        + "converts to dB")
  }
}
