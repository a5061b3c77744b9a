import GraphEngine
import GraphText
import NodeHost
import TestSupport
import Testing

/// How numbers are written.
@Suite struct NumberTests {
  private static let second = Parameter.Units.second.rawValue
  private static let hertz = Parameter.Units.hertz.rawValue
  private static let sample = Parameter.Units.sample.rawValue

  @Test(arguments: [
    ("0.6 s", 0.6, second), ("600 ms", 0.6, second), ("600ms", 0.6, second), ("0.3ms", 0.0003, second),
    ("17 us", 17e-6, second), ("17 µs", 17e-6, second), ("17 μs", 17e-6, second), ("2 min", 120, second),
    ("1.5 h", 5400, second), ("2 d", 172800, second), ("6e-1 s", 0.6, second), ("+.5 s", 0.5, second),
    ("5. s", 5, second), ("0.6", 0.6, second), ("1E3", 1000, second), ("1e+2 ms", 0.1, second),
    ("512 frames", 512, sample), ("1 frame", 1, sample), ("512 samples", 512, sample), ("1 sample", 1, sample),
    ("0.1 s", 0.1, second), ("100 ms", 0.1, second), ("1000e-1 ms", 0.1, second),
  ])
  func durations(_ text: String, _ value: Double, _ unit: UInt32) throws {
    #expect(try slicer.value(of: text) == .number(value, unit: unit, text: text))
  }

  @Test(arguments: [
    ("16 kHz", 16000.0), ("16000 Hz", 16000), ("16000", 16000), ("0.016 MHz", 16000), ("1200 rpm", 20),
    ("1 rpm", 1.0 / 60), ("44.1 kHz", 44100),
  ])
  func frequencies(_ text: String, _ value: Double) throws {
    let rate = try #require(CompiledPlugin.declared["mel"]?.parameter("fmax"))
    #expect(try rate.value(of: text) == .number(value, unit: Self.hertz, text: text))
  }

  @Test(arguments: [
    "", " ", "s", ".", "-", "+", "e3", "1e", "1 2", "1 s s", "1,5 s", "0x10", "1_000", "nan", "inf", "-inf", ".inf",
    "1e400", "1e99999999999999999999", "--1", "1 S", "1 khz", "٣", "1\u{0}s", "1 s ", " 1 s", "1\ts",
  ])
  func refused(_ text: String) {
    #expect(throws: ParameterProblem.self) { try slicer.value(of: text) }
  }

  /// A range holds only in the parameter's own unit: only the node can convert other units.
  @Test func rangeCountsInTheOwnUnit() throws {
    let hop = try #require(CompiledPlugin.declared["slicer"]?.parameter("hop"))
    #expect(throws: ParameterProblem.self) { try hop.value(of: "101 %") }
    #expect(throws: ParameterProblem.self) { try hop.value(of: "101") }
    #expect(try hop.value(of: "101 frames") == .number(101, unit: Self.sample, text: ""))
  }

  @Test func wholeNumbers() throws {
    let length = try #require(CompiledPlugin.declared["stft"]?.parameter("length"))
    #expect(try length.value(of: "1024.0") == .number(1024, unit: Self.sample, text: ""))
    #expect(try length.value(of: "12.5 ms") == .number(0.0125, unit: Self.second, text: ""))
    #expect(throws: ParameterProblem.self) { try length.value(of: "1024.5") }
    #expect(throws: ParameterProblem.self) { try length.value(of: "1024.5 frames") }
  }

  private var slicer: Parameter {
    guard let parameter = CompiledPlugin.declared["slicer"]?.parameter("length") else {
      fatalError("no such parameter")
    }
    return parameter
  }
}
