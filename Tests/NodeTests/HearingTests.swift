import CNodeABI
import TestSupport
import Testing

/// `alarm: deaf`. One score a second, positions in tenths of a second, threshold 1.
struct HearingTests {
  private static let heard = AUSCULT_MARK_SOUNDING | AUSCULT_MARK_CONNECTED | AUSCULT_MARK_MOVING
  private static let silent = AUSCULT_MARK_CONNECTED | AUSCULT_MARK_MOVING | AUSCULT_MARK_SILENCE
  private static let stuck = AUSCULT_MARK_CONNECTED | AUSCULT_MARK_SILENCE
  private static let unconnected = AUSCULT_MARK_SILENCE
  private let bench = AlarmRig()

  private func happen(_ marks: UInt32, _ count: Int) -> [Happening] { Array(repeating: .marked(marks), count: count) }

  private func deafness(_ settings: [String: Setting], _ happenings: [Happening]) throws -> [AlarmEvent] {
    try bench.run(settings, happenings).filter { $0.cause != 0 }
  }

  @Test(
    "Deaf from the first score that is not heard, told when `deaf` has passed, over with the first one that is",
    arguments: [
      (unconnected, AUSCULT_DEAF_UNCONNECTED), (silent, AUSCULT_DEAF_SILENT), (stuck, AUSCULT_DEAF_STUCK),
    ])
  func causes(_ marks: UInt32, _ cause: UInt32) throws {
    let before = happen(Self.heard, 4)
    #expect(
      try deafness(["deaf": 5], before + happen(marks, 9) + happen(Self.heard, 2)) == [
        .deaf(cause, 40, 90), .hearing(cause, 40, 140),
      ])
    // Heard again just in time, and just too late.
    #expect(try deafness(["deaf": 5], before + happen(marks, 4) + happen(Self.heard, 2)) == [])
    #expect(
      try deafness(["deaf": 5], before + happen(marks, 5) + happen(Self.heard, 2)) == [
        .deaf(cause, 40, 90), .hearing(cause, 40, 100),
      ])
    #expect(try deafness(["deaf": "off"], before + happen(marks, 500)) == [])
  }

  @Test("Scores that nobody has marked with the newer bits are heard")
  func older() throws {
    #expect(try deafness(["deaf": 5], happen(AUSCULT_MARK_SOUNDING, 40)) == [])
    #expect(try deafness(["deaf": 5], happen(AUSCULT_MARK_CONNECTED | AUSCULT_MARK_MOVING, 9)).first?.cause == 2)
  }

  @Test("A part of a score that is silent is no deafness")
  func partly() throws {
    let partly = AUSCULT_MARK_CONNECTED | AUSCULT_MARK_MOVING | 0xe0
    #expect(try deafness(["deaf": 5], happen(partly, 40)) == [])
  }

  @Test("What is not heard neither raises an alarm nor clears it")
  func alarms() throws {
    let loud: [Happening] = Array(repeating: .high, count: 4)
    let events = try bench.run(["on": 3, "off": 2, "deaf": 5], loud + happen(Self.stuck, 20) + [.high])
    #expect(
      events == [
        .raised(0, 30), .inhibited(40, 50), .deaf(AUSCULT_DEAF_STUCK, 40, 90),
        .hearing(AUSCULT_DEAF_STUCK, 40, 250), .resumed(40, 250),
      ])
  }

  @Test("No score: told when the stream is complete that far, at the same position at any cut")
  func noScore() throws {
    let tokens = bench.tokens(happen(Self.heard, 3) + [.gap(200)] + happen(Self.heard, 2))
    let expected = [
      AlarmEvent.deaf(AUSCULT_DEAF_NO_SCORE, 30, 80), .hearing(AUSCULT_DEAF_NO_SCORE, 30, 240),
    ]
    let settings: [String: Setting] = ["deaf": 5, "inhibit": []]
    #expect(try bench.run(settings, tokens: tokens, cuts: [5]) == expected)
    #expect(
      try bench.run(settings, tokens: tokens, cuts: [3, 0, 0, 0, 2], complete: [30, 79, 80, 200, 250]) == expected)
    #expect(try bench.run(settings, tokens: tokens, cuts: [3, 0, 2], complete: [30, 150, 250]) == expected)
    // No score from the start, and no score up to the end of the stream.
    #expect(
      try bench.run(settings, tokens: [], cuts: [0, 0, 0], complete: [10, 49, 60])
        == [.deaf(AUSCULT_DEAF_NO_SCORE, 0, 50)])
    let short = bench.tokens(happen(Self.heard, 2))
    for cuts in [[2], [2, 0]] {
      let complete = Array(repeating: Int64.max, count: cuts.count)
      #expect(
        try bench.run(settings, tokens: short, cuts: cuts, isEnd: true, complete: complete, end: 69) == [], "\(cuts)")
      #expect(
        try bench.run(settings, tokens: short, cuts: cuts, isEnd: true, complete: complete, end: 70)
          == [.deaf(AUSCULT_DEAF_NO_SCORE, 20, 70)], "\(cuts)")
    }
  }

  @Test("Where scores come further apart than `deaf`, they are waited for")
  func sparse() throws {
    let bench = AlarmRig(period: 100, extent: 100)
    #expect(try bench.run(["deaf": 1], Array(repeating: .marked(Self.heard), count: 20)) == [])
  }
}
