import RunControl
import TestSupport
import Testing

extension ScratchFolder {
  /// The records of a file that a run may still write: its complete lines. A file that does not exist has none.
  func writtenRecords(_ name: String) throws -> [JSONValue] {
    guard contains(name) else { return [] }
    // What follows the last line break is incomplete.
    let lines = try text(name).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    return try lines.map { try JSONValue(parsing: Array($0.utf8)) }
  }

  /// Waits until a file has this many scores of a generation.
  func waitForScores(_ name: String, generation: Int64, count: Int) throws {
    try waitUntil {
      let scores = try writtenRecords(name).filter { $0["kind"] == "score" }
      return scores.filter { $0["generation"]?.integer == generation }.count >= count
    }
  }
}

/// Expects that each score ends `distance` frames after the last one. Where a gap lies between two scores, because a busy
/// machine lost a cycle, the second one only has to end later.
///
/// - Parameter least: the smallest number of pairs without a gap.
func expectSpacing(_ scores: [JSONValue], _ distance: Int64, gaps: [JSONValue], least: Int) throws {
  let ends = scores.compactMap { $0["end"]?.integer }
  try #require(ends.count == scores.count)
  let spans = gaps.compactMap { gap in
    gap["begin"]?.integer.flatMap { begin in gap["end"]?.integer.map { (begin, $0) } }
  }
  var compared = 0
  for (end, next) in zip(ends, ends.dropFirst()) {
    let hasGap = spans.contains { $0.0 < next && $0.1 > end }
    #expect(hasGap ? next > end : next - end == distance, "\(end) and \(next), gaps \(spans)")
    if !hasGap { compared += 1 }
  }
  #expect(compared >= least, "\(ends), gaps \(spans)")
}
