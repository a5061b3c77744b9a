import CNodeABI
import NodeHost
import NodeRigs

/// The tokens of one output, from all calls.
struct Yield {
  let format: auscult_format
  /// [channel][token x words]: the bits of all values that mean something.
  private(set) var words: [[UInt32]]
  /// Ticks at which each token begins, without the base; only where the node stamps its tokens.
  private(set) var begins: [Int64] = []
  private(set) var count = 0
  /// The node left values of a token as they were.
  private(set) var isUnwritten = false
  private(set) var isFinite = true
  /// Calls that yielded tokens.
  private(set) var calls = 0
  private var base: Int64 = 0
  private let width: Int

  init(_ format: auscult_format) {
    self.format = format
    width = Feeder.words(format)
    words = Array(repeating: [], count: format.kind == AUSCULT_EVENT ? 1 : Int(format.channels))
  }

  /// The same bits, and the same positions.
  func isEqual(_ other: Yield) -> Bool { words == other.words && begins == other.begins }

  /// The tokens after some.
  func after(_ start: Yield) -> ArraySlice<[UInt32]> {
    ArraySlice(words.enumerated().map { Array($1.dropFirst(start.words[$0].count)) })
  }

  mutating func restart(at base: Int64) {
    self.base = base
    words = words.map { _ in [] }
    (begins, count) = ([], 0)
  }

  mutating func add(_ block: RigBlock) {
    guard block.count > 0 else { return }
    calls += 1
    count += block.count
    for channel in words.indices {
      for token in 0..<(format.kind == AUSCULT_AUDIO ? 1 : block.count) { add(block, token, channel) }
    }
    guard format.stamp == AUSCULT_STAMP_NODE else { return }
    let isAudio = format.kind == AUSCULT_AUDIO
    for token in 0..<block.count {
      let head = block.pointer.pointee.heads[isAudio ? 0 : token]
      let index = head.index &+ (isAudio ? Int64(token) : 0)
      begins.append(
        head.origin &+ format.offset &+ index &* format.period &- base &* format.denominator)
    }
  }

  private mutating func add(_ block: RigBlock, _ token: Int, _ channel: Int) {
    switch format.kind {
    case AUSCULT_SCORE: add(block.payload(token, channel, as: auscult_score.self).pointee, channel)
    case AUSCULT_EVENT: add(block.payload(token, channel, as: auscult_event.self).pointee)
    default:
      let count = format.kind == AUSCULT_AUDIO ? block.count : width
      let values = UnsafeBufferPointer(start: block.payload(token, channel, as: UInt32.self), count: count)
      for value in values {
        if value == .max { isUnwritten = true } else if value & 0x7f80_0000 == 0x7f80_0000 { isFinite = false }
      }
      words[channel].append(contentsOf: values)
    }
  }

  private mutating func add(_ score: auscult_score, _ channel: Int) {
    let doubles = [score.score.bitPattern, score.threshold.bitPattern]
    if doubles.contains(.max) || score.band_count == .max { isUnwritten = true }
    if score.class_index >= 0, score.probability.bitPattern == .max { isUnwritten = true }
    if !score.score.isFinite { isFinite = false }
    var values = doubles.flatMap { [UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $0 >> 32)] }
    values += [UInt32(bitPattern: score.class_index), score.class_index >= 0 ? score.probability.bitPattern : 0]
    let bands = [
      score.bands.0, score.bands.1, score.bands.2, score.bands.3, score.bands.4, score.bands.5, score.bands.6,
      score.bands.7,
    ]
    values += [score.band_count] + bands.prefix(Int(min(score.band_count, 8)))
    words[channel] += values
  }

  private mutating func add(_ event: auscult_event) {
    if event.channel == .max || event.state == .max || event.begin == -1 || event.end == -1 { isUnwritten = true }
    if !event.score.isFinite || !event.threshold.isFinite { isFinite = false }
    words[0] += [event.channel, event.state, event.cause]
    for value in [UInt64(bitPattern: event.begin &- base), UInt64(bitPattern: event.end &- base)] {
      words[0] += [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
    }
  }
}

extension [Yield] {
  /// Where two runs differ: "output 'out' of channel 0 at value 17"; nil: nowhere.
  func difference(from other: [Yield], _ nodeClass: NodeClass) -> String? {
    for (index, (a, b)) in zip(self, other).enumerated() where !a.isEqual(b) {
      let name = "output '\(nodeClass.outputs[index].name)'"
      if a.count != b.count { return "\(name): \(a.count) tokens, not \(b.count)" }
      if a.begins != b.begins { return "\(name): other positions" }
      for channel in a.words.indices where a.words[channel] != b.words[channel] {
        let place = zip(a.words[channel], b.words[channel]).enumerated().first { $1.0 != $1.1 }?.offset ?? 0
        return "\(name), channel \(channel): word \(place) of \(a.words[channel].count) differs"
      }
    }
    return nil
  }
}
