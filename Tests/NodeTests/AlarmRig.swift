import CNodeABI
import TestSupport

/// One event for an alarm: a score above or below the threshold 1, with a mark; or lost frames.
enum Happening {
  case score(Double)
  case silent(Double)
  case clipped(Double)
  /// A score with these marks.
  case marked(UInt32)
  case gap(Int64)

  var score: Double {
    switch self {
    case .score(let score), .silent(let score), .clipped(let score): score
    case .marked, .gap: 0
    }
  }

  static let high = Happening.score(2)
  static let low = Happening.score(0)
}

/// An event, for comparison: frame positions are in tenths of a second.
struct AlarmEvent: Equatable, CustomStringConvertible {
  var state: UInt32
  var begin: Int64
  var end: Int64
  var channel: UInt32 = 0
  var score = 0.0
  var cause: UInt32 = 0

  static func raised(_ begin: Int64, _ end: Int64) -> AlarmEvent {
    .init(state: AUSCULT_EVENT_RAISED, begin: begin, end: end)
  }
  static func cleared(_ begin: Int64, _ end: Int64) -> AlarmEvent {
    .init(state: AUSCULT_EVENT_CLEARED, begin: begin, end: end)
  }
  static func repeated(_ begin: Int64, _ end: Int64) -> AlarmEvent {
    .init(state: AUSCULT_EVENT_REPEATED, begin: begin, end: end)
  }
  static func inhibited(_ begin: Int64, _ end: Int64) -> AlarmEvent {
    .init(state: AUSCULT_EVENT_INHIBITED, begin: begin, end: end)
  }
  static func resumed(_ begin: Int64, _ end: Int64) -> AlarmEvent {
    .init(state: AUSCULT_EVENT_RESUMED, begin: begin, end: end)
  }
  static func open(_ begin: Int64, _ end: Int64) -> AlarmEvent {
    .init(state: AUSCULT_EVENT_OPEN, begin: begin, end: end)
  }
  static func deaf(_ cause: UInt32, _ begin: Int64, _ end: Int64) -> AlarmEvent {
    .init(state: AUSCULT_EVENT_DEAF, begin: begin, end: end, cause: cause)
  }
  static func hearing(_ cause: UInt32, _ begin: Int64, _ end: Int64) -> AlarmEvent {
    .init(state: AUSCULT_EVENT_HEARING, begin: begin, end: end, cause: cause)
  }

  static func == (a: AlarmEvent, b: AlarmEvent) -> Bool {
    (a.state, a.begin, a.end, a.channel, a.cause) == (b.state, b.begin, b.end, b.channel, b.cause)
  }
  var description: String {
    let names = ["?", "raised", "cleared", "repeated", "inhibited", "resumed", "open", "deaf", "hearing"]
    return "\(names[Int(state)])(\(begin), \(end)" + (cause == 0 ? ")" : ", cause \(cause))")
  }
}

/// A token for an alarm.
struct AlarmToken {
  var scores: [Double]
  var mark: UInt8
  var origin: Int64
  var index: Int64
  var segment: Int64
  var followsGap: Bool
}

/// An `alarm` fed with scores of `extent` ticks every `period` ticks; a second has 10 driver frames of `denominator`.
struct AlarmRig {
  var period: Int64 = 10
  var extent: Int64 = 10
  var denominator: Int64 = 1
  var offset: Int64 = 0
  var channels = 1

  var scoreFormat: auscult_format {
    format(
      AUSCULT_SCORE, channels: channels, rate: 10, denominator: denominator, period: period, extent: extent,
      offset: offset)
  }

  /// Positions of consecutive scores, the same on all channels.
  func tokens(_ happenings: [Happening]) -> [AlarmToken] {
    var (origin, index, segment) = (Int64(0), Int64(0), Int64(0))
    var followsGap = false
    var result: [AlarmToken] = []
    for happening in happenings {
      switch happening {
      case .gap(let frames):
        let last = origin + offset + (index - 1) * period + extent
        segment = (last + denominator - 1) / denominator + frames
        (origin, index) = (segment * denominator, 0)
        followsGap = true
      case .score, .silent, .clipped, .marked:
        var mark = UInt8(AUSCULT_MARK_SOUNDING)
        if case .silent = happening { mark = 0 }
        if case .marked(let marks) = happening { mark = UInt8(marks) }
        if case .clipped = happening { mark |= UInt8(AUSCULT_MARK_CLIPPED) }
        result.append(
          AlarmToken(
            scores: Array(repeating: happening.score, count: channels), mark: mark, origin: origin, index: index,
            segment: segment,
            followsGap: followsGap))
        index += 1
        followsGap = false
      }
    }
    return result
  }

  func run(_ settings: [String: Setting], _ happenings: [Happening], isEnd: Bool = false) throws -> [AlarmEvent] {
    let tokens = tokens(happenings)
    return try run(settings, tokens: tokens, cuts: [tokens.count], isEnd: isEnd)
  }

  /// - Parameters:
  ///   - complete: the frame position through which the scores of each call are complete; 0: unknown.
  ///   - end: where the stream ends, if it does.
  func run(
    _ settings: [String: Setting], tokens: [AlarmToken], cuts: [Int], isEnd: Bool = false, complete: [Int64] = [],
    end: Int64 = .min
  ) throws -> [AlarmEvent] {
    let rig = try Rig("alarm", "alarm", ["deaf": "off"].merging(settings) { $1 })
    try rig.start([scoreFormat], rate: 10, quantum: 1024)
    var from = 0
    var events: [AlarmEvent] = []
    for (number, cut) in cuts.enumerated() {
      let part = Array(tokens[from..<from + cut])
      if part.first?.followsGap == true { rig.reset() }
      events += try process(
        rig, part, isEnd: isEnd && number == cuts.count - 1, complete: complete.isEmpty ? 0 : complete[number], end: end
      )
      from += cut
    }
    return events
  }

  private func process(
    _ rig: Rig, _ tokens: [AlarmToken], isEnd: Bool, complete: Int64, end: Int64
  ) throws -> [AlarmEvent] {
    let block = TokenBlock(scoreFormat, capacity: tokens.count)
    block.pointer.pointee.complete = complete
    block.pointer.pointee.end = end
    block.count = tokens.count
    if isEnd { block.pointer.pointee.flags |= AUSCULT_BLOCK_END }
    for (index, token) in tokens.enumerated() {
      block.pointer.pointee.heads[index] = auscult_head(
        origin: token.origin, index: token.index, segment: token.segment,
        flags: token.followsGap ? AUSCULT_TOKEN_GAP : 0, generation: 1)
      for channel in 0..<channels {
        var score = auscult_score()
        (score.score, score.threshold) = (token.scores[channel], 1)
        block.payload(index, channel, as: auscult_score.self).pointee = score
        block.setMark(index, channel, token.mark)
      }
    }
    let output = try rig.process([block])[0]
    return (0..<output.count).map { index in
      let event = output.payload(index, 0, as: auscult_event.self).pointee
      return AlarmEvent(
        state: event.state, begin: event.begin, end: event.end, channel: event.channel, score: event.score,
        cause: event.cause)
    }
  }
}
