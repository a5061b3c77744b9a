import CNodeABI
import NodeABI

/// Checks tokens from a node's process: nothing in them may lead the engine or a sink astray. Scores that are not finite
/// are the engine's to find, as with any node.
enum OutputCheck {
  /// The rule that the tokens break, or nil.
  static func fault(_ block: UnsafeMutablePointer<auscult_block>) -> String? {
    let format = block.pointee.format.pointee
    if format.stamp == AUSCULT_STAMP_NODE, !headsArePossible(block.pointee, format) {
      return "stamped a token with a position that cannot be"
    }
    switch format.kind {
    case AUSCULT_SCORE: tidyScores(block.pointee, format)
    case AUSCULT_EVENT: return eventsArePossible(block.pointee, format) ? nil : "yielded an event that cannot be"
    default: break
    }
    return nil
  }

  private static func headsArePossible(_ block: auscult_block, _ format: auscult_format) -> Bool {
    let count = format.kind == AUSCULT_AUDIO ? min(1, Int(block.count)) : Int(block.count)
    let farthest = Positions.farthest(rate: format.driver_rate)
    return (0..<count).allSatisfy { index in
      let head = block.heads[index]
      let (ticks, overflows) = head.index.multipliedReportingOverflow(by: format.period)
      let most = farthest.multipliedReportingOverflow(by: format.denominator)
      let limit = most.overflow ? Int64.max / 4 : min(most.partialValue, Int64.max / 4)
      return !overflows && ticks.magnitude < limit && head.origin.magnitude < limit
        && (0..<farthest).contains(head.segment)
    }
  }

  private static func tidyScores(_ block: auscult_block, _ format: auscult_format) {
    let classes = block.producer.map { Int32(clamping: $0.pointee.class_name_count) } ?? 0
    for token in 0..<Int(block.count) {
      for channel in 0..<Int(format.channels) {
        let score = (block.data + block.place(token, channel)).assumingMemoryBound(to: auscult_score.self)
        if !(0..<classes).contains(score.pointee.class_index) { score.pointee.class_index = -1 }
        score.pointee.band_count = min(score.pointee.band_count, 8)
      }
    }
  }

  private static func eventsArePossible(_ block: auscult_block, _ format: auscult_format) -> Bool {
    let farthest = Positions.farthest(rate: format.driver_rate)
    return (0..<Int(block.count)).allSatisfy { token in
      let place = (block.data + block.place(token, 0)).assumingMemoryBound(to: auscult_event.self)
      // Records have finite numbers only.
      if !place.pointee.score.isFinite { place.pointee.score = 0 }
      if !place.pointee.threshold.isFinite { place.pointee.threshold = 0 }
      let event = place.pointee
      return event.channel < format.channels && (AUSCULT_EVENT_RAISED...AUSCULT_EVENT_HEARING).contains(event.state)
        && (0..<farthest).contains(event.begin) && (event.begin..<farthest).contains(event.end)
        && event.cause <= AUSCULT_DEAF_NO_SCORE
    }
  }
}
