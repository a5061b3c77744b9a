import CNodeABI
import TestSupport
import Testing

/// The edge cases of `alarm`. One score a second, positions in tenths of a second, threshold 1.
struct AlarmTests {
  private let bench = AlarmRig()
  private func happen(_ happening: Happening, _ count: Int) -> [Happening] { Array(repeating: happening, count: count) }

  @Test("Raised when all scores in the last `on` exceed, with `on` of history")
  func on() throws {
    #expect(try bench.run(["on": 3], happen(.high, 2)) == [])
    #expect(try bench.run(["on": 3], happen(.high, 5)) == [.raised(0, 30)])
    #expect(try bench.run(["on": 3], [.low] + happen(.high, 4)) == [.raised(10, 40)])
    #expect(try bench.run(["on": 3], [.high, .high, .low, .high, .high, .low]) == [])
    #expect(try bench.run(["on": 0], [.low, .high, .low]) == [.raised(10, 20)])
    // A score at the threshold does not exceed it.
    #expect(try bench.run(["on": 1], happen(.score(1), 5)) == [])
  }

  @Test("A score of which only a part lies in the last `on` does not count")
  func partial() throws {
    // on = 2.5 s: at end 50 the low score [20, 30) begins before 25, so it lies in it only partly.
    #expect(try bench.run(["on": 2.5], [.low, .low, .low] + happen(.high, 3)) == [.raised(30, 50)])
    #expect(try bench.run(["on": 2.5], happen(.high, 3)) == [.raised(10, 30)])
  }

  @Test("Overlapping scores: spans of 0.6 s every 0.2 s")
  func overlapping() throws {
    let bench = AlarmRig(period: 2, extent: 6)
    // Ends at 6, 8, 10 ...; on = 1 s: the first with a history of 10 is [4, 10).
    #expect(try bench.run(["on": 1], happen(.high, 5)) == [.raised(0, 10)])
    // The last low score is [2, 8): at end e it is out once 2 < e - 10.
    #expect(try bench.run(["on": 1], [.low, .low] + happen(.high, 6)) == [.raised(4, 14)])
  }

  @Test("Cleared when all scores in the last `off` are below threshold - deadband")
  func off() throws {
    let raise = happen(.high, 3)
    #expect(try bench.run(["on": 3, "off": 4], raise + happen(.low, 6)) == [.raised(0, 30), .cleared(0, 70)])
    #expect(
      try bench.run(["on": 3, "off": 4], raise + [.low, .low, .low, .high] + happen(.low, 3)) == [.raised(0, 30)])
    #expect(try bench.run(["on": 3, "off": 0], raise + [.high, .low]) == [.raised(0, 30), .cleared(0, 50)])
    // Neither exceeding nor below: neither raises nor clears.
    let between = happen(.score(0.8), 9)
    #expect(try bench.run(["on": 3, "off": 2, "deadband": 0.5], raise + between) == [.raised(0, 30)])
    #expect(try bench.run(["on": 3, "off": 2, "deadband": 0.5], between + between) == [])
    #expect(
      try bench.run(["on": 3, "off": 2, "deadband": 0.5], raise + between + [.low, .low]) == [
        .raised(0, 30), .cleared(0, 140),
      ])
  }

  @Test("An alarm can be raised again once it was cleared")
  func again() throws {
    let events = try bench.run(["on": 2, "off": 1], [.high, .high, .low, .high, .high, .low])
    #expect(events == [.raised(0, 20), .cleared(0, 30), .raised(30, 50), .cleared(30, 60)])
  }

  @Test("`hold` is the least time raised")
  func hold() throws {
    let events = try bench.run(["on": 1, "off": 1, "hold": 5], [.high] + happen(.low, 8))
    #expect(events == [.raised(0, 10), .cleared(0, 60)])
  }

  @Test("`realarm` repeats, off by default")
  func realarm() throws {
    #expect(try bench.run(["on": 1], happen(.high, 60)) == [.raised(0, 10)])
    let events = try bench.run(["on": 1, "realarm": 3], happen(.high, 10))
    #expect(events == [.raised(0, 10), .repeated(0, 40), .repeated(0, 70), .repeated(0, 100)])
    // Faster than the scores: once per score.
    let fast = try bench.run(["on": 1, "realarm": 0.3], happen(.high, 3))
    #expect(fast == [.raised(0, 10), .repeated(0, 20), .repeated(0, 30)])
  }

  @Test("Inhibited scores freeze the timers, and never clear")
  func inhibit() throws {
    let silence = happen(.silent(0), 50)
    let events = try bench.run(["on": 3, "off": 2], [.high, .high] + silence + [.high, .low] + silence + [.low])
    #expect(
      events == [
        .inhibited(20, 30), .resumed(20, 530), .raised(0, 530), .inhibited(540, 550), .resumed(540, 1050),
        .cleared(0, 1050),
      ])
    // A loud clipped stretch does not raise either.
    #expect(try bench.run(["on": 3], happen(.clipped(9), 9)) == [.inhibited(0, 10)])
  }

  @Test("`inhibit` names the flags")
  func inhibitFlags() throws {
    #expect(try bench.run(["on": 3, "inhibit": ["silent"]], happen(.clipped(9), 3)) == [.raised(0, 30)])
    #expect(try bench.run(["on": 3, "inhibit": ["clipped"]], happen(.silent(9), 3)) == [.raised(0, 30)])
    #expect(try bench.run(["on": 3, "inhibit": []], [.silent(9), .clipped(9), .high]) == [.raised(0, 30)])
    let gap: [Happening] = [.high, .gap(7)] + happen(.high, 3)
    #expect(try bench.run(["on": 2, "inhibit": []], gap) == [.raised(17, 37)])
  }

  @Test("A gap starts `on` anew")
  func gapOn() throws {
    let events = try bench.run(["on": 3], [.high, .high, .gap(5)] + happen(.high, 5))
    // The score after the gap [25, 35) is inhibited: `on` counts from the next score.
    #expect(events == [.inhibited(25, 35), .resumed(25, 45), .raised(35, 65)])
  }

  @Test("A gap does not start `off` anew, and is not counted")
  func gapOff() throws {
    let raise = happen(.high, 3)
    let events = try bench.run(["on": 3, "off": 4, "inhibit": []], raise + [.low, .low, .low, .gap(600)] + [.low])
    #expect(events == [.raised(0, 30), .cleared(0, 670)])
    let early = try bench.run(["on": 3, "off": 4, "inhibit": []], raise + [.low, .low, .gap(600), .low])
    #expect(early == [.raised(0, 30)])
  }

  @Test("Gaps and silence do not count for `hold` and `realarm`")
  func frozenTimers() throws {
    let quiet: [Happening] = happen(.silent(0), 30) + [.gap(500)]
    let held = try bench.run(
      ["on": 1, "off": 1, "hold": 3, "inhibit": ["silent"]], [.high, .low] + quiet + [.low, .low])
    #expect(held.filter { $0.state == AUSCULT_EVENT_CLEARED } == [.cleared(0, 840)])
    let repeats = try bench.run(["on": 1, "realarm": 2, "inhibit": ["silent"]], [.high, .high] + quiet + [.high])
    #expect(repeats.filter { $0.state == AUSCULT_EVENT_REPEATED } == [.repeated(0, 830)])
  }

  @Test("At the end of a file a raised alarm is open")
  func open() throws {
    #expect(try bench.run(["on": 2], happen(.high, 5), isEnd: true) == [.raised(0, 20), .open(0, 50)])
    #expect(try bench.run(["on": 2], [.high, .low], isEnd: true) == [])
    // The end arrives without another score.
    let tokens = bench.tokens(happen(.high, 3))
    let events = try bench.run(["on": 2], tokens: tokens, cuts: [3, 0], isEnd: true)
    #expect(events == [.raised(0, 20), .open(0, 30)])
  }

  @Test("Channels have alarms of their own, with their own scores")
  func channels() throws {
    let bench = AlarmRig(channels: 3)
    var tokens = bench.tokens(happen(.low, 6))
    for index in 2...4 { tokens[index].scores[1] = Double(index) }
    let events = try bench.run(["on": 2, "off": 1], tokens: tokens, cuts: [6])
    #expect(events.map(\.channel) == [1, 1])
    #expect(events.map(\.score) == [3, 0])
  }

  @Test("Positions are rounded outwards, and clamped to 0 and to the gap")
  func positions() throws {
    // Three ticks a frame; spans begin 10 ticks early.
    let bench = AlarmRig(period: 30, extent: 31, denominator: 3, offset: -10)
    let events = try bench.run(["on": 2, "inhibit": []], happen(.high, 4) + [.gap(3)] + happen(.low, 1))
    // Ends at 21, 51, 81 ...; a history of 60 from 0 on is there at 81: begin 20 -> 6, end 81 -> 27.
    #expect(events == [.raised(6, 27)])
  }

  @Test("The formats: events of the scores' channels, stamped by the node")
  func formats() throws {
    let rig = try Rig("alarm", "alarm")
    let input = AlarmRig(channels: 4).scoreFormat
    try rig.start([input], rate: 10)
    #expect(rig.outputs[0].kind == AUSCULT_EVENT)
    // An alarm that is open at the end ends with the latest score: before the next score, nothing is complete beyond
    // it.
    let hop = (input.period + input.denominator - 1) / input.denominator
    #expect(rig.outputs[0].lookahead == input.lookahead + hop)
    #expect(rig.outputs[0].channels == 4)
    #expect(rig.outputs[0].stamp == AUSCULT_STAMP_NODE)
    #expect(rig.answer.reach == Int64(AUSCULT_UNBOUNDED))
  }
}
