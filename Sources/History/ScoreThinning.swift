/// Keeps the worst score of each stretch of time, for each machine, node and file.
struct ScoreThinning {
  enum Decision {
    case keep, skip
    /// Keep it in place of a score that was kept before.
    case replace(HistoryRow)
  }

  private struct Stream: Hashable {
    var machine: String?
    var node: String
    var file: String?
  }

  private let seconds: Double
  private var kept: [Stream: (stretch: Int64, row: HistoryRow)] = [:]

  init(seconds: Double) { self.seconds = seconds }

  mutating func take(_ row: HistoryRow) -> Decision {
    let stream = Stream(machine: row.machine, node: row.node, file: row.file)
    let stretch = stretch(of: row)
    guard let last = kept[stream], last.stretch == stretch else {
      // Streams of files that are over.
      if kept.count > 10_000 { kept = [:] }
      kept[stream] = (stretch, row)
      return .keep
    }
    guard row.score ?? 0 > last.row.score ?? 0 else { return .skip }
    kept[stream] = (stretch, row)
    return .replace(last.row)
  }

  mutating func forget() { kept = [:] }

  /// By frame position: it does not depend on the wall clock.
  private func stretch(of row: HistoryRow) -> Int64 {
    let frames = max(1, seconds * Double(max(row.rate, 1)))
    return Int64((Double(row.span.end - 1) / frames).rounded(.down))
  }
}
