import CNodeABI
import TestSupport
import Testing

/// The definition of `alarm`, literally, over whole lists: slow, and without the running state of the real node.
struct AlarmReference {
  var on: Int64
  var off: Int64
  var hold: Int64
  var realarm: Int64?
  var deadband: Double
  var inhibitsGap: Bool

  /// A score in counted time, with its begin in stream time.
  private struct Entry {
    var begin: Int64
    var end: Int64
    var trueBegin: Int64
    var score: Double
    var stretch: Int
  }

  func events(_ tokens: [AlarmToken], _ bench: AlarmRig) -> [AlarmEvent] {
    var entries: [Entry] = []
    var events: [AlarmEvent] = []
    var (cut, stretch) = (Int64(0), 0)
    var last: Int64?
    var inhibited: Int64?
    var raised: (at: Int64, begin: Int64, announced: Int64)?
    for token in tokens {
      let first = token.origin + bench.offset + token.index * bench.period
      let (begin, end) = (max(first, token.segment * bench.denominator), first + bench.extent)
      if token.followsGap {
        stretch += 1
        if let before = last, begin > before { (cut, last) = (cut + begin - before, begin) }
      }
      let isInhibited =
        token.mark != UInt8(AUSCULT_MARK_SOUNDING) || (inhibitsGap && token.followsGap)
      if isInhibited {
        if inhibited == nil {
          inhibited = begin
          events.append(.inhibited(floor(begin, bench), ceil(end, bench)))
        }
        if let before = last { cut += end - before }
        last = end
        continue
      }
      if let from = inhibited {
        events.append(.resumed(floor(from, bench), ceil(end, bench)))
        inhibited = nil
      }
      last = end
      let now = end - cut
      entries.append(Entry(begin: begin - cut, end: now, trueBegin: begin, score: token.scores[0], stretch: stretch))
      let current = entries.filter { $0.stretch == stretch }
      if let alarm = raised {
        let recent = entries.filter { $0.begin >= now - off } + [entries.last!]
        let sinceRaise = recent.filter { $0.end >= alarm.at }
        if sinceRaise.allSatisfy({ $0.score < 1 - deadband }) && alarm.at <= now - hold
          && entries.contains(where: { $0.begin < now - off || off == 0 })
        {
          events.append(.cleared(floor(alarm.begin, bench), ceil(end, bench)))
          raised = nil
        } else if let realarm, now - alarm.announced >= realarm {
          events.append(.repeated(floor(alarm.begin, bench), ceil(end, bench)))
          raised!.announced += (now - alarm.announced) / realarm * realarm
        }
      } else {
        let recent = current.filter { $0.begin >= now - on }
        if entries.last!.score > 1, current.first!.begin <= now - on, recent.allSatisfy({ $0.score > 1 }) {
          let from = recent.first ?? current.last { $0.score > 1 }!
          events.append(.raised(floor(from.trueBegin, bench), ceil(end, bench)))
          raised = (now, from.trueBegin, now)
        }
      }
    }
    return events
  }

  private func floor(_ ticks: Int64, _ bench: AlarmRig) -> Int64 {
    max(0, Int64((Double(ticks) / Double(bench.denominator)).rounded(.down)))
  }
  private func ceil(_ ticks: Int64, _ bench: AlarmRig) -> Int64 {
    Int64((Double(ticks) / Double(bench.denominator)).rounded(.up))
  }
}

struct AlarmPropertyTests {
  @Test("Random scores, silences and gaps give what the definition says, at any cut", arguments: 0..<200)
  func random(_ offset: Int) throws {
    let seed = UInt64(offset) + Self.base
    var random = SeededRandom(seed)
    let denominator = [1, 3, 7].randomElement(using: &random)!
    let period = Int64.random(in: 2...20, using: &random) * Int64(denominator)
    let bench = AlarmRig(
      period: period, extent: period * Int64.random(in: 1...4, using: &random), denominator: Int64(denominator))
    let happenings = (0..<120).map { _ in happening(&random) }
    let seconds = { (range: ClosedRange<Int>) in Double(Int.random(in: range, using: &random)) / 10 }
    let (on, off, hold) = (seconds(0...60), seconds(0...60), seconds(0...30))
    let realarm = Bool.random(using: &random) ? seconds(5...60) : nil
    let inhibitsGap = Bool.random(using: &random)
    var settings: [String: Setting] = [
      "on": .seconds(on), "off": .seconds(off), "hold": .seconds(hold), "deadband": 0.3,
      "inhibit": inhibitsGap ? ["silent", "clipped", "gap"] : ["silent", "clipped"],
    ]
    if let realarm { settings["realarm"] = .seconds(realarm) }
    let ticks = { (seconds: Double) in Int64((seconds * 10).rounded()) * Int64(denominator) }
    let reference = AlarmReference(
      on: ticks(on), off: ticks(off), hold: ticks(hold), realarm: realarm.map(ticks), deadband: 0.3,
      inhibitsGap: inhibitsGap)
    let tokens = bench.tokens(happenings)
    let expected = reference.events(tokens, bench)
    #expect(try bench.run(settings, tokens: tokens, cuts: [tokens.count]) == expected, "seed \(seed)")
    #expect(
      try bench.run(settings, tokens: tokens, cuts: random.cuts(tokens.count, most: 9)) == expected, "seed \(seed)")
  }

  private static let base = UInt64.random(in: 0...1_000_000)

  private func happening(_ random: inout SeededRandom) -> Happening {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<3: .gap(Int64.random(in: 1...300, using: &random))
    case 3..<8: .silent(0)
    case 8..<10: .clipped(9)
    case 10..<20: .score(0.8)
    case 20..<35: .low
    default: .high
    }
  }
}
