import CNodeABI
import Foundation
import TestSupport
import Testing

private typealias Values = [[[Float]]]

/// Tokens of consecutive numbers [token][channel][value].
private func numbered(_ tokens: Int, _ channels: Int, _ values: Int) -> Values {
  (0..<tokens).map { token in
    (0..<channels).map { channel in (0..<values).map { Float((token * channels + channel) * values + $0) } }
  }
}

private func tokens(_ values: Values, isEnd: Bool = false) -> SinkHarness.Tokens {
  var tokens = SinkHarness.Tokens()
  tokens.values = values
  tokens.heads = values.map { _ in auscult_head() }
  tokens.isEnd = isEnd
  return tokens
}

private func input(_ kind: UInt32, channels: Int = 1, rows: Int = 1, columns: Int = 1) -> SinkHarness.Input {
  SinkHarness.Input(
    kind, machines: (0..<channels).map { "m\($0)" }, rows: rows, columns: columns, period: 512)
}

@Suite struct NumPyTests {
  @Test(arguments: [
    (AUSCULT_FEATURES, 1, 1, 5, 5, "<f4", [7, 5]), (AUSCULT_FEATURES, 3, 1, 5, 5, "<f4", [7, 3, 5]),
    (AUSCULT_FEATURES, 1, 1, 1, 1, "<f4", [7, 1]), (AUSCULT_SLICE, 1, 4, 5, 20, "<f4", [7, 4, 5]),
    (AUSCULT_SLICE, 2, 4, 5, 20, "<f4", [7, 2, 4, 5]), (AUSCULT_SPECTRUM, 1, 1, 9, 18, "<c8", [7, 9]),
    (AUSCULT_SPECTRUM, 2, 1, 9, 18, "<c8", [7, 2, 9]),
  ])
  func tokensBecomeRows(
    _ kind: UInt32, _ channels: Int, _ rows: Int, _ columns: Int, _ width: Int, _ type: String, _ shape: [Int]
  ) throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.npy")
    let sink = try SinkHarness("sink.npy", ["path": path])
    try sink.start([input(kind, channels: channels, rows: rows, columns: columns)])
    let values = numbered(7, channels, width)
    try sink.process([tokens(Array(values[..<3]))])
    try sink.process([tokens([])])
    try sink.process([tokens(Array(values[3...]))])
    sink.deactivate()
    let file = try NumPyFile(path)
    #expect(file.type == type)
    #expect(file.shape == shape)
    #expect(file.floats == Array(values.joined().joined()))
  }

  @Test(arguments: [1, 3]) func samplesAreInterleaved(_ channels: Int) throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.npy")
    let sink = try SinkHarness("sink.npy", ["path": path])
    try sink.start([input(AUSCULT_AUDIO, channels: channels)])
    for begin in stride(from: 0, to: 30, by: 10) {
      let block = (0..<channels).map { channel in (begin..<(begin + 10)).map { Float($0 * channels + channel) } }
      try sink.process([tokens([block])])
    }
    sink.deactivate()
    let file = try NumPyFile(path)
    #expect(file.shape == (channels == 1 ? [30] : [30, channels]))
    #expect(file.floats == (0..<(30 * channels)).map { Float($0) })
  }

  @Test(arguments: [1, 2]) func scoresAreDoubles(_ channels: Int) throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.npy")
    let sink = try SinkHarness("sink.npy", ["path": path])
    try sink.start([input(AUSCULT_SCORE, channels: channels)])
    var scores = SinkHarness.Tokens()
    scores.scores = (0..<4).map { token in
      (0..<channels).map { channel in
        var score = auscult_score()
        score.score = Double(token) + 0.1 * Double(channel)
        return score
      }
    }
    scores.heads = scores.scores.map { _ in auscult_head() }
    try sink.process([scores])
    sink.deactivate()
    let file = try NumPyFile(path)
    #expect(file.type == "<f8")
    #expect(file.shape == (channels == 1 ? [4] : [4, 2]))
    #expect(file.doubles == scores.scores.joined().map(\.score))
  }

  @Test func nothingIsAnEmptyArray() throws {
    let scratch = ScratchFolder()
    let sink = try SinkHarness("sink.npy", ["path": scratch.file("a.npy")])
    try sink.start([input(AUSCULT_FEATURES, columns: 5)])
    sink.deactivate()
    #expect(try NumPyFile(scratch.file("a.npy")).shape == [0, 5])
  }

  /// The cut into calls does not change the bytes.
  @Test func bytesDoNotDependOnTheCut() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let scratch = ScratchFolder()
    let values = numbered(500, 2, 300)
    var files: Set<Data> = []
    for _ in 0..<3 {
      let sink = try SinkHarness("sink.npy", ["path": scratch.file("a.npy"), "append": "false"])
      try sink.start([input(AUSCULT_FEATURES, channels: 2, columns: 300)])
      var next = 0
      while next < values.count {
        let count = min(Int.random(in: 0...200, using: &random), values.count - next)
        try sink.process([tokens(Array(values[next..<(next + count)]))])
        next += count
      }
      sink.deactivate()
      files.insert(try Data(contentsOf: URL(fileURLWithPath: scratch.file("a.npy"))))
    }
    #expect(files.count == 1, "seed \(random.seed)")
  }

  /// While it is written, and after a crash, the file is a complete array.
  @Test func fileIsWholeAtEveryMoment() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.npy")
    let sink = try SinkHarness("sink.npy", ["path": path])
    try sink.start([input(AUSCULT_FEATURES, columns: 1000)])
    let values = numbered(300, 1, 1000)
    var seen = 0
    for value in values {
      try sink.process([tokens([value])])
      let file = try NumPyFile(path)
      #expect(file.floats == Array(values[..<file.shape[0]].joined().joined()))
      seen = file.shape[0]
    }
    #expect(seen > 200, "what was written reaches the file long before the end")
  }

  @Test func filesOfARunFollowEachOther() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.npy")
    let sink = try SinkHarness("sink.npy", ["path": path])
    let values = numbered(4, 1, 3)
    for half in [values[..<2], values[2...]] {
      try sink.start([input(AUSCULT_FEATURES, columns: 3)])
      try sink.process([tokens(Array(half), isEnd: true)])
      sink.deactivate()
    }
    #expect(try NumPyFile(path).floats == Array(values.joined().joined()))
    let problem = #expect(throws: SinkHarness.Failure.self) {
      try sink.start([input(AUSCULT_FEATURES, channels: 2, columns: 3)])
    }
    #expect(
      problem?.text
        == "\(path) holds <f4 tokens of shape [3], this input gives <f4 tokens of shape [2, 3]; run such files "
        + "separately, each with its own `path`")
  }

  @Test func appendsToItsOwnArraysOnly() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.npy")
    func write(_ values: Values, append: Bool, columns: Int = 3) throws {
      let sink = try SinkHarness("sink.npy", ["path": path, "append": "\(append)"])
      try sink.start([input(AUSCULT_FEATURES, columns: columns)])
      try sink.process([tokens(values)])
      sink.deactivate()
    }
    let values = numbered(4, 1, 3)
    try write(Array(values[..<2]), append: true)
    // Bytes that a crash left after the counted tokens are not tokens.
    let handle = try #require(FileHandle(forWritingAtPath: path))
    handle.seekToEndOfFile()
    handle.write(Data([1, 2, 3]))
    try write(Array(values[2...]), append: true)
    #expect(try NumPyFile(path).floats == Array(values.joined().joined()))
    try write(numbered(1, 1, 4), append: true, columns: 4)
    #expect(try NumPyFile(path).shape == [1, 4])
    #expect(try NumPyFile(scratch.file("a.1.npy")).shape == [4, 3], "what was there is untouched")
    try write(numbered(1, 1, 4), append: false, columns: 4)
    #expect(try NumPyFile(path).shape == [1, 4])
    try Data("text".utf8).write(to: URL(fileURLWithPath: path))
    for append in [true, false] {
      let problem = #expect(throws: SinkHarness.Failure.self) { try write(values, append: append) }
      #expect(
        problem?.text
          == "\(path) exists and is no NumPy array: it is not touched; give another path, or move it away")
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "text")
  }

  @Test func rotates() throws {
    let scratch = ScratchFolder()
    let sink = try SinkHarness("sink.npy", ["path": scratch.file("a.npy"), "rotate": "170 B"])
    try sink.start([input(AUSCULT_FEATURES, columns: 5)])
    try sink.process([tokens(numbered(5, 1, 5))])
    sink.deactivate()
    #expect(
      try ["a.1.npy", "a.2.npy", "a.npy"].map { try NumPyFile(scratch.file($0)).shape } == [[2, 5], [2, 5], [1, 5]])
    #expect(try NumPyFile(scratch.file("a.npy")).floats == [20, 21, 22, 23, 24])
  }

  @Test func standardOutputIsRefused() {
    #expect(throws: SinkHarness.Failure.self) { try SinkHarness("sink.npy", ["path": "-"]) }
  }
}
