import CNodeABI
import TestSupport
import Testing

/// `gain`, `mix` and `channels`.
struct MixingTests {
  private let stereo = format(AUSCULT_AUDIO, channels: 2)
  private let mono = format(AUSCULT_AUDIO)

  private func run(_ name: String, _ settings: [String: Setting], _ inputs: [[[Float]]]) throws -> [[Float]] {
    let rig = try Rig("mixing", name, settings)
    let formats = inputs.map { NodeTests.format(AUSCULT_AUDIO, channels: $0.count) }
    try rig.start(formats)
    let blocks = zip(formats, inputs).map { audio($0, $1) }
    return try rig.process(blocks, frames: inputs[0][0].count)[0].samples
  }

  @Test("Gain as a factor, in dB, for each channel")
  func gain() throws {
    let input: [[Float]] = [[1, -0.5], [0.25, 0]]
    #expect(try run("gain", ["gain": 2], [input]) == [[2, -1], [0.5, 0]])
    #expect(try run("gain", ["gain": [2, -4]], [input]) == [[2, -1], [-1, 0]])
    let quieter = try run("gain", ["gain": .decibels(-20)], [input])
    #expect(abs(quieter[0][0] - 0.1) < 1e-7)
    #expect(throws: Rig.Failure.self) { try run("gain", ["gain": [1, 2, 3]], [input]) }
    #expect(throws: Rig.Failure.self) { try run("gain", ["gain": .decibels(500)], [input]) }
  }

  @Test("Mix without weights is the average; mono goes to all channels")
  func average() throws {
    #expect(try run("mix", [:], [[[1, 2]], [[3, 4]]]) == [[2, 3]])
    #expect(try run("mix", [:], [[[1], [2]], [[3]]]) == [[2], [2.5]])
    #expect(try run("mix", [:], [[[1], [2]]]) == [[1], [2]])
    let failure = #expect(throws: Rig.Failure.self) { try run("mix", [:], [[[1], [2]], [[1], [2], [3]]]) }
    #expect(failure?.text.contains("over the 5 channels of all inputs") == true)
  }

  @Test("Mix with a weight for each input, a row for one input, a matrix")
  func weights() throws {
    #expect(try run("mix", ["weights": [1, -1]], [[[1, 2]], [[3, 4]]]) == [[-2, -2]])
    #expect(try run("mix", ["weights": [1, 10]], [[[1], [2]], [[3], [4]]]) == [[31], [42]])
    #expect(try run("mix", ["weights": [0.5, 0.25]], [[[1, 0], [2, 4]]]) == [[1, 1]])
    #expect(try run("mix", ["weights": [[0, 1], [1, 0]]], [[[1], [2]]]) == [[2], [1]])
    #expect(
      try run("mix", ["weights": [[1, 0, 1], [0, 1, 2], [1, 1, 0]]], [[[1], [2]], [[3]]]) == [[4], [8], [3]])
    #expect(throws: Rig.Failure.self) { try run("mix", ["weights": [1, 2, 3]], [[[1]], [[2]]]) }
    #expect(throws: Rig.Failure.self) { try run("mix", ["weights": [[1, 2], [1]]], [[[1], [2]]]) }
    #expect(throws: Rig.Failure.self) { try run("mix", ["weights": [[1, 2], 1]], [[[1], [2]]]) }
  }

  @Test("Mix waits as long as its slowest input")
  func lookahead() throws {
    let rig = try Rig("mixing", "mix")
    try rig.start([format(AUSCULT_AUDIO, lookahead: 5), format(AUSCULT_AUDIO, lookahead: 290)])
    #expect(rig.outputs[0].lookahead == 290)
  }

  @Test("Channels picks, orders and doubles")
  func channels() throws {
    #expect(try run("channels", ["pick": [2, 0, 2]], [[[1, 2], [3, 4], [5, 6]]]) == [[5, 6], [1, 2], [5, 6]])
    let rig = try Rig("mixing", "channels", ["pick": 1])
    try rig.start([stereo])
    #expect(rig.channelMap == [1])
    #expect(String(cString: rig.outputs[0].machines[0]!) == "machine-1")
    let failure = #expect(throws: Rig.Failure.self) { try run("channels", ["pick": [0, 2]], [[[1], [2]]]) }
    #expect(failure?.text == "there is no channel 2: the input has 2, counted from 0")
  }
}
