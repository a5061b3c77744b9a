import CNodeABI
import Foundation
import Testing

/// A sink.jsonl that gets a score for each second, by hand.
struct ScoreSink {
  let sink: SinkHarness

  init(_ arguments: [String: String], machine: String = "fan") throws {
    sink = try SinkHarness("sink.jsonl", arguments)
    try sink.start([SinkHarness.Input(AUSCULT_SCORE, machines: [machine], period: 48000)])
  }

  func write(_ seconds: Range<Int64>, isEnd: Bool = false) throws {
    for second in seconds {
      var tokens = SinkHarness.Tokens()
      tokens.heads = [auscult_head(origin: 0, index: second, segment: 0, flags: 0, generation: 1)]
      tokens.scores = [[auscult_score()]]
      tokens.complete = (second + 1) * 48000
      tokens.isEnd = isEnd && second == seconds.upperBound - 1
      try sink.process([tokens])
    }
  }

  /// Time passes until the condition holds.
  func wait(_ condition: () throws -> Bool) throws {
    let deadline = Date(timeIntervalSinceNow: 20)
    while try !condition() {
      try #require(Date() < deadline, "\(sink.logged)")
      var tokens = SinkHarness.Tokens()
      tokens.complete = 0
      try sink.process([tokens])
      usleep(20_000)
    }
  }

  func end() { sink.deactivate() }
}

/// The records of a file; every line is one.
func records(_ path: String) throws -> [[String: Any]] {
  try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
    try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
  }
}

/// The seconds of its scores.
func scoreSeconds(_ path: String) throws -> [Int] {
  try records(path).filter { $0["kind"] as? String == "score" }.map { try #require($0["begin"] as? Int) / 48000 }
}
