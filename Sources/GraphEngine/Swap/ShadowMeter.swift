import CNodeABI
import RealtimeCore

/// Compares the present detector with a candidate. Its rings drop what does not fit, so that no thread waits for it.
///
/// Thread: control.
final class ShadowMeter {
  /// One side's streams: the detector's scores, and the events of the alarms after it.
  struct Streams {
    var detector: NodeRuntime
    var scores: RingLink
    var alarms: [RingLink]
  }

  private let sides: [Streams]
  private var tallies: [Tally]
  /// Scores that wait for the other side's score, by place and channel.
  private var waiting: [[Place: Bool]] = [[:], [:]]
  private var compared = 0
  private var agreeing = 0

  private struct Place: Hashable {
    var end: Int64
    var channel: Int
  }

  init(present: Streams, candidate: Streams) {
    sides = [present, candidate]
    tallies = sides.map { Tally(node: $0.detector.name) }
  }

  /// Reads the rings. Call it often: a ring holds some seconds, then it drops tokens.
  func poll() {
    for side in 0..<2 {
      while let block = sides[side].scores.front() {
        take(UnsafePointer(block), side)
        sides[side].scores.release()
      }
      for link in sides[side].alarms {
        while let block = link.front() {
          tallies[side].scores.alarms += raised(UnsafePointer(block))
          link.release()
        }
      }
    }
  }

  private func take(_ block: UnsafePointer<auscult_block>, _ side: Int) {
    for token in 0..<Int(block.pointee.count) {
      let end = block.pointee.end(of: token)
      for channel in 0..<Int(block.pointee.format.pointee.channels) {
        let place =
          block.pointee.data + token * Int(block.pointee.token_stride) + channel * Int(block.pointee.channel_stride)
        let score = place.assumingMemoryBound(to: auscult_score.self).pointee
        tallies[side].add(score)
        pair(Place(end: end, channel: channel), score.score > score.threshold, side)
      }
    }
  }

  private func pair(_ place: Place, _ isAnomalous: Bool, _ side: Int) {
    if let other = waiting[1 - side].removeValue(forKey: place) {
      compared += 1
      if other == isAnomalous { agreeing += 1 }
      return
    }
    waiting[side][place] = isAnomalous
    // A score that the other side never gives (it learned, or dropped the token) must not wait for ever.
    if waiting[side].count > ShadowMeter.mostWaiting, let oldest = waiting[side].keys.min(by: { $0.end < $1.end }) {
      waiting[side][oldest] = nil
    }
  }

  private static let mostWaiting = 4096

  private func raised(_ block: UnsafePointer<auscult_block>) -> Int {
    (0..<Int(block.pointee.count)).filter { token in
      let place = block.pointee.data + token * Int(block.pointee.token_stride)
      return place.assumingMemoryBound(to: auscult_event.self).pointee.state == AUSCULT_EVENT_RAISED
    }.count
  }

  var report: ShadowReport {
    let scores = (0..<2).map { side -> ShadowReport.Scores in
      var scores = tallies[side].report
      let state = sides[side].detector.state
      let channels = Int(sides[side].scores.idle.pointee.format.pointee.channels)
      let tokens = scores.count / max(1, channels)
      if tokens > 0, state.nanoseconds > 0 { scores.nanosecondsPerToken = Double(state.nanoseconds) / Double(tokens) }
      return scores
    }
    return ShadowReport(
      present: scores[0], candidate: scores[1], compared: compared, agreeing: agreeing, dropped: 0)
  }
}

/// Running figures of one side's scores (Welford's recurrence for the variance).
private struct Tally {
  var scores: ShadowReport.Scores
  private var squares = 0.0
  private var latest: [Double] = []

  init(node: String) { scores = ShadowReport.Scores(node: node) }

  mutating func add(_ score: auscult_score) {
    scores.count += 1
    if score.score > score.threshold { scores.anomalous += 1 }
    let before = score.score - scores.mean
    scores.mean += before / Double(scores.count)
    squares += before * (score.score - scores.mean)
    scores.least = min(scores.least, score.score)
    scores.most = max(scores.most, score.score)
    if latest.count < Tally.most { latest.append(score.score) } else { latest[scores.count % Tally.most] = score.score }
  }

  private static let most = 4096

  var report: ShadowReport.Scores {
    var result = scores
    guard result.count > 0 else { return result }
    result.deviation = (squares / Double(result.count)).squareRoot()
    let sorted = latest.sorted()
    result.percentiles = [0.05, 0.5, 0.95].map { sorted[Int((Double(sorted.count - 1) * $0).rounded())] }
    return result
  }
}
