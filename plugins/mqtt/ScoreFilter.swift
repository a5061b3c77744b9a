import Records

/// Decides which scores leave: all of them, the worst of each interval, or those that cross the threshold.
struct ScoreFilter {
  private struct Source: Hashable {
    var node: String
    var channel: Int?
  }

  private struct State {
    var isAnomalous: Bool?
    var className: String?
    /// The worst score since the begin of the interval.
    var worst: Record?
    /// The frame position at which the interval ends. A score that ends there is part of it.
    var end: Int64 = 0
  }

  private let which: MQTTSettings.Scores
  /// Seconds.
  private let every: Double
  private var states: [Source: State] = [:]

  init(_ which: MQTTSettings.Scores, every: Double) {
    self.which = which
    self.every = every
  }

  /// The scores that leave when a record arrives.
  mutating func take(_ record: Record) -> [Record] {
    guard case .score(let score) = record.content, which != .none else { return [] }
    let source = Source(node: record.node, channel: record.channel)
    switch which {
    case .none: return []
    case .changes: return hasChanged(record, score, &states[source, default: State()]) ? [record] : []
    case .all: return every > 0 ? takeWorst(record, score, &states[source, default: State()]) : [record]
    }
  }

  /// The scores of intervals that have not ended: at the end of the stream.
  mutating func takeRest() -> [Record] {
    defer { states = [:] }
    return states.values.compactMap(\.worst).sorted {
      ($0.span.end, $0.node, $0.channel ?? -1) < ($1.span.end, $1.node, $1.channel ?? -1)
    }
  }

  private func hasChanged(_ record: Record, _ score: Record.Score, _ state: inout State) -> Bool {
    let isAnomalous = score.isAnomalous && !record.flags.contains(.whollySilent)
    defer { (state.isAnomalous, state.className) = (isAnomalous, score.className) }
    return state.isAnomalous != isAnomalous || state.className != score.className
  }

  private func takeWorst(_ record: Record, _ score: Record.Score, _ state: inout State) -> [Record] {
    let length = max(1, Int64(every * Double(record.rate)))
    var leaving: [Record] = []
    if let worst = state.worst, record.span.end > state.end || record.span.end < worst.span.end {
      leaving.append(worst)
      state.worst = nil
    }
    guard let worst = state.worst, case .score(let before) = worst.content else {
      state.worst = record
      state.end = ((record.span.end - 1) / length + 1) * length
      return leaving
    }
    if score.score > before.score { state.worst = record }
    return leaving
  }
}
