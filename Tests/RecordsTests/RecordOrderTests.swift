import CNodeABI
import Foundation
import TestSupport
import Testing

/// Streams of scores and events with spans of random lengths, delivered in random pieces, one input far ahead of
/// another one.
private struct RandomRun {
  var inputs: [SinkHarness.Input] = []
  /// All tokens of each input, each with the position up to which the input is complete.
  var tokens: [[SinkHarness.Tokens]] = []

  init(_ random: inout SeededRandom) {
    let machines = ["a", "b", "c"]
    let names = ["judge", "alarm", "level", "judge2"]
    for index in 0..<Int.random(in: 1...4, using: &random) {
      let isEvent = index == 1
      inputs.append(
        SinkHarness.Input(
          isEvent ? AUSCULT_EVENT : AUSCULT_SCORE, node: names[index], machines: machines,
          denominator: Int64.random(in: 1...3, using: &random), period: Int64.random(in: 100...5000, using: &random),
          extent: Int64.random(in: 1...9000, using: &random), offset: Int64.random(in: -500...0, using: &random)))
      tokens.append((0..<Int64(60)).map { Self.token($0, inputs[index].format, machines.count, &random) })
    }
  }

  private static func token(
    _ index: Int64, _ format: auscult_format, _ channels: Int, _ random: inout SeededRandom
  ) -> SinkHarness.Tokens {
    var tokens = SinkHarness.Tokens()
    tokens.heads = [auscult_head(origin: 0, index: index, segment: 0, flags: 0, generation: 1)]
    let end = ceil(Double(format.offset + index * format.period + format.extent) / Double(format.denominator))
    if format.kind == AUSCULT_SCORE {
      tokens.scores = [
        (0..<channels).map { _ in
          auscult_score(
            score: .random(in: 0...1, using: &random), threshold: 0.5, class_index: -1, probability: 0, band_count: 0,
            bands: (0, 0, 0, 0, 0, 0, 0, 0))
        }
      ]
    } else {
      tokens.events = [
        auscult_event(
          channel: .random(in: 0..<UInt32(channels), using: &random), state: AUSCULT_EVENT_RAISED,
          begin: Int64.random(in: 0...10, using: &random), end: Int64(end), score: 1, threshold: 0.5,
          cause: 0, reserved: 0)
      ]
    }
    tokens.complete = Int64(end)
    return tokens
  }

  /// Writes all tokens, each call taking a random number from each input, and returns the file's lines.
  func lines(_ random: inout SeededRandom) throws -> [String] {
    let scratch = ScratchFolder()
    let sink = try SinkHarness("sink.jsonl", ["path": scratch.file("a.jsonl")])
    try sink.start(inputs)
    var next = Array(repeating: 0, count: inputs.count)
    var complete = Array(repeating: Int64(0), count: inputs.count)
    while zip(next, tokens).contains(where: { $0 < $1.count }) {
      var call: [SinkHarness.Tokens] = []
      for index in inputs.indices {
        var piece = SinkHarness.Tokens()
        for _ in 0..<Int.random(in: 0...3, using: &random) where next[index] < tokens[index].count {
          let token = tokens[index][next[index]]
          piece.heads += token.heads
          piece.scores += token.scores
          piece.events += token.events
          complete[index] = token.complete
          next[index] += 1
        }
        piece.complete = complete[index]
        piece.isEnd = next[index] == tokens[index].count && Bool.random(using: &random)
        call.append(piece)
      }
      try sink.process(call)
    }
    sink.deactivate()
    return try String(contentsOfFile: scratch.file("a.jsonl"), encoding: .utf8).split(separator: "\n").map(String.init)
  }
}

private struct Key: Comparable {
  var end: Int
  var begin: Int
  var node: String
  var channel: Int

  init(_ line: String) throws {
    let record = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    end = try #require(record["end"] as? Int)
    begin = try #require(record["begin"] as? Int)
    node = try #require(record["node"] as? String)
    channel = record["channel"] as? Int ?? -1
  }

  static func < (a: Key, b: Key) -> Bool { (a.end, a.begin, a.node, a.channel) < (b.end, b.begin, b.node, b.channel) }
}

@Suite struct RecordOrderTests {
  @Test func orderDoesNotDependOnTheCut() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    for _ in 0..<20 {
      let run = RandomRun(&random)
      let first = try run.lines(&random)
      let keys = try first.map { try Key($0) }
      #expect(keys == keys.sorted(), "seed \(random.seed)")
      let expected = run.tokens.joined().reduce(0) { $0 + $1.scores.joined().count + $1.events.count }
      #expect(first.count == expected, "seed \(random.seed)")
      #expect(try run.lines(&random) == first, "seed \(random.seed)")
    }
  }

  /// A record is written as soon as every input is complete beyond it, and not before.
  @Test func recordsWaitForTheSlowestInput() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.jsonl")
    let sink = try SinkHarness("sink.jsonl", ["path": path])
    let input = SinkHarness.Input(AUSCULT_SCORE, period: 100)
    try sink.start([input, input])
    var fast = SinkHarness.Tokens()
    fast.heads = [auscult_head(origin: 0, index: 0, segment: 0, flags: 0, generation: 1)]
    fast.scores = [[auscult_score()]]
    fast.complete = 100
    var slow = SinkHarness.Tokens()
    slow.complete = 99
    try sink.process([fast, slow])
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "")
    fast = SinkHarness.Tokens()
    fast.complete = 100
    slow.complete = 100
    try sink.process([fast, slow])
    #expect(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == 1)
  }

  @Test func oneGapIsWrittenOnce() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.jsonl")
    let sink = try SinkHarness("sink.jsonl", ["path": path])
    let input = SinkHarness.Input(AUSCULT_SCORE, period: 100)
    try sink.start([input, input, input])
    let node = strdup("mic")
    defer { free(node) }
    var tokens = SinkHarness.Tokens()
    tokens.gap = auscult_gap(begin: 100, end: 200, cause: AUSCULT_GAP_XRUN, count: 0, node: node)
    tokens.complete = 250
    var late = SinkHarness.Tokens()
    late.complete = 250
    try sink.process([tokens, tokens, late])
    late.gap = tokens.gap
    tokens.gap = nil
    try sink.process([tokens, tokens, late])
    late.gap = auscult_gap(begin: 300, end: 400, cause: AUSCULT_GAP_XRUN, count: 0, node: node)
    try sink.process([tokens, tokens, late])
    sink.deactivate()
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.first?.contains(#""begin":100,"end":200"#) == true)
    #expect(lines.last?.contains(#""begin":300,"end":400"#) == true)
  }

  /// Positions of the next file begin at 0 again: its records follow those of the first file.
  @Test func filesFollowEachOther() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.jsonl")
    let sink = try SinkHarness("sink.jsonl", ["path": path])
    for name in ["one.wav", "two.wav"] {
      sink.file = name
      try sink.start([SinkHarness.Input(AUSCULT_SCORE, period: 100)])
      var tokens = SinkHarness.Tokens()
      tokens.heads = [auscult_head(origin: 0, index: 0, segment: 0, flags: 0, generation: 1)]
      tokens.scores = [[auscult_score()]]
      try sink.process([tokens])
      sink.deactivate()
    }
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.map { $0.contains("one.wav") } == [true, false])
    #expect(lines.map { $0.contains("two.wav") } == [false, true])
  }
}
