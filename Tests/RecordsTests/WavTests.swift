import CNodeABI
import CSndFile
import Foundation
import TestSupport
import Testing

/// libsndfile's result for a file.
private struct Sound: Equatable {
  var rate: Int
  var channels: Int
  var subtype: Int
  var samples: [Float]

  init(_ path: String) throws {
    var info = SF_INFO()
    let file = try #require(sf_open(path, Int32(SFM_READ), &info))
    defer { sf_close(file) }
    rate = Int(info.samplerate)
    channels = Int(info.channels)
    subtype = Int(info.format) & Int(SF_FORMAT_SUBMASK)
    samples = Array(repeating: 0, count: Int(info.frames) * channels)
    try #require(sf_readf_float(file, &samples, info.frames) == info.frames)
  }
}

private func input(channels: Int = 1, denominator: Int64 = 1, period: Int64 = 1) -> SinkHarness.Input {
  SinkHarness.Input(
    AUSCULT_AUDIO, machines: (0..<channels).map { "m\($0)" }, denominator: denominator, period: period)
}

private func samples(_ channels: [[Float]], at index: Int64, origin: Int64 = 0) -> SinkHarness.Tokens {
  var tokens = SinkHarness.Tokens()
  tokens.values = [channels]
  tokens.heads = [auscult_head(origin: origin, index: index, segment: 0, flags: 0, generation: 1)]
  return tokens
}

@Suite struct WavTests {
  @Test(arguments: [("float", SF_FORMAT_FLOAT), ("pcm24", SF_FORMAT_PCM_24), ("pcm16", SF_FORMAT_PCM_16)])
  func samplesComeBack(_ format: String, _ subtype: Int) throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.wav")
    let sink = try SinkHarness("sink.wav", ["path": path, "format": format])
    try sink.start([input(channels: 2)])
    // Values that 16 bits hold exactly.
    let left = (0..<1000).map { Float($0 - 500) / 32768 }
    let right = left.map { -$0 }
    try sink.process([samples([Array(left[..<300]), Array(right[..<300])], at: 0)])
    try sink.process([samples([Array(left[300...]), Array(right[300...])], at: 300)])
    sink.deactivate()
    let sound = try Sound(path)
    #expect(sound.rate == 48000 && sound.channels == 2 && sound.subtype == subtype)
    #expect(sound.samples == zip(left, right).flatMap { [$0, $1] })
  }

  @Test func wholeNumbersClip() throws {
    let scratch = ScratchFolder()
    let sink = try SinkHarness("sink.wav", ["path": scratch.file("a.wav"), "format": "pcm16"])
    try sink.start([input()])
    try sink.process([samples([[2, -2]], at: 0)])
    sink.deactivate()
    #expect(try Sound(scratch.file("a.wav")).samples == [32767.0 / 32768, -1])
  }

  /// The header is correct while the file grows: a crash leaves a readable file.
  @Test func headerIsTrueAfterTheFirstCall() throws {
    let scratch = ScratchFolder()
    let sink = try SinkHarness("sink.wav", ["path": scratch.file("a.wav")])
    try sink.start([input()])
    try sink.process([samples([[0.5, 0.25]], at: 0)])
    #expect(try Sound(scratch.file("a.wav")).samples == [0.5, 0.25])
  }

  @Test func gapIsFilledWithSilence() throws {
    let scratch = ScratchFolder()
    let sink = try SinkHarness("sink.wav", ["path": scratch.file("a.wav")])
    // 16 kHz after a resampler at 48 kHz driver frames.
    try sink.start([input(period: 3)])
    try sink.process([samples([[1, 1]], at: 0)])
    try sink.process([samples([[1, 1]], at: 0, origin: 12)])
    sink.deactivate()
    let sound = try Sound(scratch.file("a.wav"))
    #expect(sound.rate == 16000)
    #expect(sound.samples == [1, 1, 0, 0, 1, 1])
  }

  @Test func rateThatIsNotWholeIsRefused() throws {
    let scratch = ScratchFolder()
    let sink = try SinkHarness("sink.wav", ["path": scratch.file("a.wav")])
    let problem = #expect(throws: SinkHarness.Failure.self) { try sink.start([input(denominator: 1, period: 7)]) }
    #expect(
      problem?.text
        == "the stream has 6857.142857142857 samples a second, but a WAV header holds whole numbers only; put a "
        + "`resample` before it")
  }

  @Test func rotatesAtTheSample() throws {
    let scratch = ScratchFolder()
    let sink = try SinkHarness("sink.wav", ["path": scratch.file("a.wav"), "rotate": "0.001 s"])
    try sink.start([input()])
    let ramp = (0..<100).map { Float($0) }
    try sink.process([samples([ramp], at: 0)])
    sink.deactivate()
    let parts = try ["a.1.wav", "a.2.wav", "a.wav"].map { try Sound(scratch.file($0)).samples }
    #expect(parts.map(\.count) == [48, 48, 4])
    #expect(Array(parts.joined()) == ramp)
  }

  @Test func filesOfARunAndRunsFollowEachOther() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.wav")
    do {
      let sink = try SinkHarness("sink.wav", ["path": path])
      for value in [Float(1), 2] {
        try sink.start([input()])
        try sink.process([samples([[value]], at: 0)])
        sink.deactivate()
      }
      #expect(throws: SinkHarness.Failure.self) { try sink.start([input(channels: 2)]) }
    }
    do {
      let sink = try SinkHarness("sink.wav", ["path": path])
      try sink.start([input()])
      try sink.process([samples([[3]], at: 0)])
      sink.deactivate()
    }
    #expect(try Sound(path).samples == [1, 2, 3])
    let sink = try SinkHarness("sink.wav", ["path": path, "append": "false"])
    try sink.start([input()])
    try sink.process([samples([[4]], at: 0)])
    sink.deactivate()
    #expect(try Sound(path).samples == [4])
  }

  /// A file that can't be continued stays unchanged, and the output becomes the next numbered part.
  @Test(arguments: ["channels", "encoding", "header"]) func anotherFileBecomesAPart(_ what: String) throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.wav")
    do {
      let sink = try SinkHarness("sink.wav", ["path": path, "format": what == "encoding" ? "pcm16" : "float"])
      try sink.start([input(channels: what == "channels" ? 2 : 1)])
      try sink.process([samples(what == "channels" ? [[1], [1]] : [[1]], at: 0)])
    }
    if what == "header" { try Data("RIFF\0\0\0\0WAVEjunk".utf8).write(to: URL(fileURLWithPath: path)) }
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    try Data("a part of another run".utf8).write(to: URL(fileURLWithPath: scratch.file("a.6.wav")))
    let sink = try SinkHarness("sink.wav", ["path": path])
    try sink.start([input()])
    try sink.process([samples([[5]], at: 0)])
    sink.deactivate()
    #expect(try Sound(path).samples == [5])
    #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.file("a.7.wav"))) == before)
    #expect(
      sink.logged.count == 1
        && sink.logged[0].hasSuffix(": it is \(scratch.file("a.7.wav")) now, and a new file is begun"))
  }

  /// A killed run has written more than its header says, and perhaps half a frame.
  @Test func whatAKilledRunLeftIsContinued() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.wav")
    do {
      let sink = try SinkHarness("sink.wav", ["path": path])
      try sink.start([input()])
      try sink.process([samples([[1, 2]], at: 0)])
    }
    let handle = try #require(FileHandle(forWritingAtPath: path))
    handle.seekToEndOfFile()
    handle.write(withUnsafeBytes(of: Float(3).bitPattern) { Data($0) } + Data([9, 9]))
    let sink = try SinkHarness("sink.wav", ["path": path])
    try sink.start([input()])
    try sink.process([samples([[4]], at: 0)])
    sink.deactivate()
    #expect(try Sound(path).samples == [1, 2, 3, 4])
  }

  @Test func sameSamplesGiveTheSameBytes() throws {
    let scratch = ScratchFolder()
    let files = try ["a.wav", "b.wav"].map { name in
      let sink = try SinkHarness("sink.wav", ["path": scratch.file(name)])
      try sink.start([input()])
      try sink.process([samples([[0.1, 0.2, 0.3]], at: 0)])
      sink.deactivate()
      return try Data(contentsOf: URL(fileURLWithPath: scratch.file(name)))
    }
    #expect(files[0] == files[1])
  }

  @Test(arguments: ["/dev/null", "-"]) func pathThatIsNoFileIsRefused(_ path: String) throws {
    #expect(throws: SinkHarness.Failure.self) {
      let sink = try SinkHarness("sink.wav", ["path": path])
      try sink.start([input()])
    }
  }
}
