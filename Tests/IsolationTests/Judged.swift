import Foundation
import TestSupport
import Testing

/// What a sink has recorded of a detector: its scores and its gaps.
struct Judged {
  struct Line: Decodable {
    var kind: String
    var node: String?
    var begin: Int
    var end: Int
    var score: Double?
    var flags: [String]?
    var cause: String?
    var state: String?
    var reason: String?
    var call: String?
  }
  struct Span: Hashable {
    var begin: Int
    var end: Int
  }

  let lines: [Line]

  init(_ text: [String]) throws {
    lines = try text.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
  }

  var scores: [Line] { lines.filter { $0.kind == "score" } }
  var gaps: [Line] { lines.filter { $0.kind == "gap" } }
  /// Notices about the process, in order.
  var ends: [Line] { lines.filter { $0.kind == "isolation" && $0.state == "ended" } }

  /// Checks that every slice of a run without faults was judged once, with the same score, or lies in a gap.
  ///
  /// - Returns: how many slices are missing and marked.
  @discardableResult
  func check(against whole: Judged) throws -> Int {
    let expected = whole.scores
    try #require(expected.count > 10)
    var judged: [Span: [Double]] = [:]
    for line in scores { judged[Span(begin: line.begin, end: line.end), default: []].append(line.score!) }
    var missing = 0
    for line in expected {
      let found = judged.removeValue(forKey: Span(begin: line.begin, end: line.end)) ?? []
      if found.isEmpty {
        missing += 1
        let isMarked = gaps.contains { $0.cause == "node" && $0.begin < line.end && line.end <= $0.end }
        #expect(isMarked, "the slice \(line.begin) to \(line.end) is neither judged nor marked")
      } else {
        #expect(found == [line.score!], "the slice \(line.begin) to \(line.end)")
      }
    }
    #expect(judged.isEmpty, "slices that the input does not have: \(judged.keys)")
    return missing
  }
}

/// A graph whose slices go to a detector that may misbehave and to one that does not.
func isolationGraph(_ judge: String, hop: Int = 256) -> String {
  """
  graph: isolation
  nodes:
    mic:    { type: source }
    stft:   { type: stft, length: 512, hop: \(hop) }
    mel:    { type: mel, bands: 16 }
    level:  { type: normalize, mode: decibel }
    slices: { type: slicer, length: 8, hop: 1 }
    \(judge)
    other:  { type: test.judge, library: \(BuildFolder.path)/libtestplugin-judge.so }
    log:    { type: sink.jsonl, path: "${env:OUT}/log.jsonl" }
    rest:   { type: sink.jsonl, path: "${env:OUT}/rest.jsonl" }
  links:
    - mic -> stft -> mel -> level -> slices -> judge -> log
    - slices -> other -> rest
  """
}

func misbehaving(_ how: String, where place: String = "process", after: Int, isolate: Bool = true) -> String {
  "judge: { type: test.misbehaving, library: \(BuildFolder.path)/libtestplugin-misbehaving.so, how: \(how), "
    + "where: \(place), after: \(after), isolate: \(isolate) }"
}

extension RunResult {
  /// The lines of scores: those of a sink also tell of other nodes.
  func scores(_ name: String) -> [String] { lines(name).filter { $0.contains("\"kind\":\"score\"") } }

  var judged: Judged { get throws { try Judged(lines("log.jsonl")) } }
}
