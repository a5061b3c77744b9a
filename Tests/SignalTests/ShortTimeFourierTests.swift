import Foundation
import TestSupport
import Testing

@Suite struct ShortTimeFourierTests {
  /// A random transform's parameters.
  struct Layout {
    var length: Int
    var fft: Int
    var hop: Int
    var isCentered: Bool
    var isDouble: Bool
    var preEmphasis: Float

    init(_ random: inout SeededRandom) {
      let least = random.scaled(2...770)
      let lengths = [2, 4, 6, 8, 10, 12, 16, 20, 24, 26, 32, 40, 50, 64, 100, 128, 130, 256, 360, 512, 770, 1500]
      length = least
      fft = lengths.filter { $0 >= least }.randomElement(using: &random)!
      hop = random.scaled(1...(4 * length))
      isCentered = Bool.random(using: &random)
      isDouble = Bool.random(using: &random)
      preEmphasis = Bool.random(using: &random) ? 0 : Float.random(in: 0...1, using: &random)
    }

    var parameters: [String: String] {
      [
        "length": "\(length)", "fft": "\(fft)", "hop": "\(hop)", "center": "\(isCentered)",
        "precision": isDouble ? "double" : "single", "window": "hamming",
        "pre_emphasis": "\(preEmphasis)",
      ]
    }

    /// Columns of a file of n samples.
    func columns(_ n: Int) -> Int {
      isCentered ? (n > 0 ? 1 + n / hop : 0) : n < length ? 0 : 1 + (n - length) / hop
    }

    var before: Int { isCentered ? fft / 2 - (fft - length) / 2 : 0 }

    /// One turn around the circle in `fft` steps.
    var circle: [(Double, Double)] {
      (0..<fft).map { step in
        let angle = -2 * Double.pi * Double(step) / Double(fft)
        return (cos(angle), sin(angle))
      }
    }

    /// One column by the definition.
    func column(_ index: Int, of signal: [Float], _ circle: [(Double, Double)]) -> [Float] {
      let lead = (fft - length) / 2
      var sums = [(Double, Double)](repeating: (0, 0), count: fft / 2 + 1)
      for n in 0..<length {
        let position = index * hop - before + n
        guard signal.indices.contains(position) else { continue }
        let window = 0.54 - 0.46 * cos(2 * .pi * Double(n) / Double(length))
        let before = position > 0 ? signal[position - 1] : 0
        let value = Double(signal[position] - preEmphasis * before) * window
        for bin in sums.indices {
          let turn = circle[(lead + n) * bin % fft]
          sums[bin].0 += value * turn.0
          sums[bin].1 += value * turn.1
        }
      }
      return sums.flatMap { [Float($0.0), Float($0.1)] }
    }
  }

  /// Counts and values of random layouts, fed in random periods; the rig checks the declared maximum of tokens.
  @Test func agreesWithTheDefinition() throws {
    var random = SeededRandom(printing: "definition")
    for _ in 0..<60 {
      let layout = Layout(&random)
      let signal = random.values(random.scaled(1...6000))
      let stft = try StreamRig("stft", layout.parameters)
      let result = try chain(RigStream(audio: [signal], rate: 8000), [stft]) { random.scaled(1...8192) }
      #expect(result.count == layout.columns(signal.count), "\(layout), \(signal.count) samples")
      let tolerance = (layout.isDouble ? 3e-6 : 2e-5) * sqrt(Double(layout.length))
      let circle = layout.circle
      for index in stride(from: 0, to: result.count, by: max(1, result.count / 40)) {
        let expected = layout.column(index, of: signal, circle)
        #expect(difference(result.token(index), expected) < tolerance, "\(layout), column \(index)")
      }
    }
  }

  @Test func formats() throws {
    let stft = try StreamRig("stft", ["length": "1000", "fft": "1024", "hop": "10 ms", "window": "blackman"])
    let centred = try stft.configure(RigFormat(audioChannels: 2, rate: 16000)).native
    #expect(centred.kind == 2 && centred.columns == 513 && centred.channels == 2)
    #expect(centred.period == 160 && centred.extent == 1000 && centred.offset == -500 && centred.lookahead == 0)
    #expect(centred.frequencies[1] == 15.625 && centred.frequencies[512] == 8000)
    #expect(stft.answer.latency == 500 && stft.answer.history == 1000 && stft.burst == 4)
    let live = try StreamRig("stft", ["center": "false"])
    let format = try live.configure(RigFormat(audioChannels: 1, rate: 16000)).native
    #expect(format.offset == 0 && format.period == 512 && live.answer.latency == 1024 && live.burst == 0)
  }

  /// A stream of 16 kHz from a driver of 44.1 kHz: lengths count its samples, latency the driver's frames.
  @Test func countsInTicks() throws {
    var native = RigFormat(audioChannels: 1, rate: 44100).native
    (native.denominator, native.period, native.extent, native.offset, native.lookahead) = (160, 441, 441, 3, 77)
    let stft = try StreamRig("stft", ["length": "0.064 s", "hop": "512"])
    let format = try stft.configure(RigFormat(native)).native
    #expect(format.period == 512 * 441 && format.extent == 1024 * 441 && format.offset == 3 - 512 * 441)
    #expect(format.denominator == 160 && format.lookahead == 77)
    #expect(format.frequencies[512] == 8000)
    #expect(stft.answer.latency == Int64((512.0 * 441 / 160).rounded(.up)))
  }

  /// Windows as `scipy.signal.get_window` gives them at eight points (periodic), seen through an impulse at each point.
  @Test(arguments: [
    ("hann", [0, 0.14644661, 0.5, 0.85355339, 1]), ("hamming", [0.08, 0.21473088, 0.54, 0.86526912, 1]),
    ("blackman", [0, 0.06644661, 0.34, 0.77355339, 1]),
    ("blackmanharris", [0.00006, 0.02173584, 0.21747, 0.69576417, 1]),
    ("nuttall", [0.0003628, 0.02520557, 0.2269824, 0.70195823, 1]),
    ("flattop", [-0.00042105, -0.02687219, -0.05473684, 0.44413536, 1]), ("bartlett", [0, 0.25, 0.5, 0.75, 1]),
    ("rectangular", [1, 1, 1, 1, 1]),
  ]) func windows(name: String, half: [Double]) throws {
    for point in 0..<8 {
      var signal = [Float](repeating: 0, count: 8)
      signal[point] = 1
      let stft = try StreamRig("stft", ["length": "8", "center": "false", "window": name])
      let result = try chain(RigStream(audio: [signal], rate: 8), [stft]) { 3 }
      let magnitude = hypot(Double(result.channels[0][2]), Double(result.channels[0][3]))
      #expect(abs(magnitude - abs(half[point <= 4 ? point : 8 - point])) < 1e-6, "\(name)[\(point)]")
    }
  }

  @Test(arguments: [
    (["length": "1024", "fft": "512"], "fft: an FFT of 512 points is shorter than the window of 1024 samples"),
    (
      ["length": "100", "fft": "1018"],
      "fft: an FFT of 1018 points cannot run on the realtime thread: use an even product of 2, 3, 5, 7 and "
        + "at most one 11 or 13, such as 1024"
    ),
    (["length": "12.5"], "length: 12.5 is not a whole number of samples"),
    (["length": "10 us"], "length: 1e-05 s at 16000.0 Hz is out of range: from 2 to 2097152 samples"),
  ]) func refuses(_ parameters: [String: String], _ message: String) throws {
    let stft = try StreamRig("stft", parameters)
    let problem = #expect(throws: StreamRig.Problem.self) {
      try stft.configure(RigFormat(audioChannels: 1, rate: 16000))
    }
    #expect(problem?.description == message)
  }

  /// Transforms of all allowed lengths; a build with RealtimeSanitizer shows that none of them allocates.
  @Test(arguments: ["single", "double"]) func everyLengthRuns(precision: String) throws {
    var count = 0
    let ones = [Float](repeating: 1, count: 4096)
    for length in stride(from: 2, through: 4096, by: 2) {
      let stft = try StreamRig(
        "stft",
        [
          "length": "\(length)", "fft": "\(length)", "center": "false", "window": "rectangular", "precision": precision,
        ])
      guard (try? stft.configure(RigFormat(audioChannels: 1, rate: 16000))) != nil else { continue }
      try stft.activate()
      let result = try stft.process(RigStream(audio: [Array(ones[..<length])], rate: 16000))
      #expect(abs(result.channels[0][0] - Float(length)) < 1e-3 * Float(length) && abs(result.channels[0][2]) < 1e-2)
      count += 1
    }
    #expect(count == 311)
  }

  @Test func theTransformIsSingleUnlessDoubleIsAskedFor() throws {
    var random = SeededRandom(printing: "precision")
    let audio = RigStream(audio: [random.values(4000)], rate: 8000)
    let bits = try [[:], ["precision": "single"], ["precision": "double"]].map { parameters in
      try chain(audio, [StreamRig("stft", parameters)]) { 500 }.bits
    }
    #expect(bits[0] == bits[1] && bits[0] != bits[2])
  }

  /// A window whose length has no realtime transform gets a longer transform, and a message.
  @Test func lengthensTheTransform() throws {
    let stft = try StreamRig("stft", ["length": "25 ms"])
    let format = try stft.configure(RigFormat(audioChannels: 1, rate: 44100))
    #expect(format.native.extent == 1103 && format.native.columns == 1120 / 2 + 1)
    #expect(stft.log == ["the window has 1103 samples, its FFT 1120 points: the next length that can run in real time"])
  }
}
