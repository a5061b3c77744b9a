import CNodeABI
import Foundation
import Records
import TestSupport
import Testing

private func score(_ value: Double, threshold: Double = 0.0201) -> auscult_score {
  auscult_score(
    score: value, threshold: threshold, class_index: -1, probability: 0, band_count: 0, bands: (0, 0, 0, 0, 0, 0, 0, 0))
}

/// Slices of an example: 0.597 s every 1.067 s.
private let slices = SinkHarness.Input(AUSCULT_SCORE, period: 51200, extent: 28672)

private func head(_ index: Int64, segment: Int64 = 0, flags: UInt32 = 0, generation: UInt32 = 1) -> auscult_head {
  auscult_head(origin: 0, index: index, segment: segment, flags: flags, generation: generation)
}

/// The sink's lines for one token on one input.
private func lines(
  _ input: SinkHarness.Input, _ tokens: SinkHarness.Tokens, file: String? = nil, clockSteps: UInt64 = 0
) throws -> [String] {
  let scratch = ScratchFolder()
  let sink = try SinkHarness("sink.jsonl", ["path": scratch.file("a.jsonl")])
  sink.file = file
  try sink.start([input])
  if clockSteps > 0 {
    var before = SinkHarness.Tokens()
    before.complete = 48000
    try sink.process([before])
    sink.clockSteps = clockSteps
  }
  try sink.process([tokens])
  sink.deactivate()
  return try text(scratch.file("a.jsonl")).split(separator: "\n").map(String.init)
}

private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

@Suite struct RecordFieldTests {
  @Test func scoreIsWritten() throws {
    var tokens = SinkHarness.Tokens()
    tokens.scores = [[score(0.0173)]]
    tokens.heads = [head(1)]
    #expect(
      try lines(slices, tokens) == [
        #"{"kind":"score","graph":"fan-watch","node":"judge","channel":0,"machine":"fan-00","begin":51200,"end":79872,"#
          + #""rate":48000,"time":"2026-11-21T09:30:01.664Z","score":0.0173,"threshold":0.0201,"anomalous":false,"#
          + #""generation":1,"flags":[],"library":"b1"}"#
      ])
  }

  @Test func furtherFieldsOfAScore() throws {
    var input = slices
    input.node = "klasse \"1\""
    input.machines = ["fan-00", "pump\n\u{1}ü"]
    input.format.channels = 2
    input.frequencies = [100, 312.5]
    input.model = "sha256:ab"
    input.classNames = ["dog", "rain"]
    var judged = score(2)
    judged.class_index = 1
    judged.probability = 0.9
    judged.band_count = 2
    judged.bands.0 = 1
    judged.bands.1 = 7
    var tokens = SinkHarness.Tokens()
    tokens.scores = [[judged, score(1e-7, threshold: .infinity)]]
    tokens.heads = [head(0, flags: AUSCULT_TOKEN_GAP, generation: 3)]
    tokens.marks = [[AUSCULT_MARK_CLIPPED, AUSCULT_MARK_SOUNDING]]
    #expect(
      try lines(input, tokens, file: #"a b\"c".wav"#) == [
        #"{"kind":"score","graph":"fan-watch","node":"klasse \"1\"","channel":0,"machine":"fan-00","begin":0,"#
          + #""end":28672,"rate":48000,"time":"2026-11-21T09:30:00.597Z","score":2.0,"threshold":0.0201,"#
          + #""anomalous":false,"generation":3,"flags":["silent","clipped","gap"],"model":"sha256:ab","file":"a b\\\"c\".wav","#
          + #""library":"b1","class":"rain","probability":0.9,"bands":[{"band":1,"hz":312.5},{"band":7}]}"#,
        #"{"kind":"score","graph":"fan-watch","node":"klasse \"1\"","channel":1,"machine":"pump\n\u0001ü","begin":0,"#
          + #""end":28672,"rate":48000,"time":"2026-11-21T09:30:00.597Z","score":1e-07,"anomalous":false,"#
          + #""generation":3,"flags":["gap"],"model":"sha256:ab","file":"a b\\\"c\".wav","library":"b1"}"#,
      ])
  }

  @Test(arguments: [
    (AUSCULT_EVENT_RAISED, "raised"), (AUSCULT_EVENT_CLEARED, "cleared"), (AUSCULT_EVENT_REPEATED, "repeated"),
    (AUSCULT_EVENT_INHIBITED, "inhibited"), (AUSCULT_EVENT_RESUMED, "resumed"), (AUSCULT_EVENT_OPEN, "open"),
  ])
  func alarmIsWritten(_ state: UInt32, _ name: String) throws {
    var input = slices
    input.format.kind = AUSCULT_EVENT
    input.node = "alarm"
    input.machines = ["fan-00", "fan-01"]
    input.format.channels = 2
    input.model = "sha256:ab"
    var tokens = SinkHarness.Tokens()
    tokens.events = [
      auscult_event(
        channel: 1, state: state, begin: 51200, end: 223232, score: 0.044, threshold: 0.0201, cause: 0, reserved: 0)
    ]
    tokens.heads = [head(1)]
    let id = [AUSCULT_EVENT_INHIBITED, AUSCULT_EVENT_RESUMED].contains(state) ? "80488cd4966ad8b4" : "7e0d076e13378afb"
    #expect(
      try lines(input, tokens) == [
        #"{"kind":"alarm","graph":"fan-watch","node":"alarm","channel":1,"machine":"fan-01","id":"\#(id)","#
          + #""state":"\#(name)","#
          + #""begin":51200,"end":223232,"rate":48000,"time":"2026-11-21T09:30:04.650Z","score":0.044,"#
          + #""threshold":0.0201,"model":"sha256:ab","generation":1,"library":"b1"}"#
      ])
  }

  @Test(arguments: [
    (AUSCULT_EVENT_DEAF, AUSCULT_DEAF_UNCONNECTED, "begun", "unconnected"),
    (AUSCULT_EVENT_DEAF, AUSCULT_DEAF_SILENT, "begun", "silent"),
    (AUSCULT_EVENT_HEARING, AUSCULT_DEAF_STUCK, "ended", "stuck"),
    (AUSCULT_EVENT_HEARING, AUSCULT_DEAF_NO_SCORE, "ended", "no score"),
  ])
  func deafnessIsWritten(_ state: UInt32, _ cause: UInt32, _ name: String, _ why: String) throws {
    var input = slices
    input.format.kind = AUSCULT_EVENT
    input.node = "alarm"
    input.machines = ["fan-00"]
    var tokens = SinkHarness.Tokens()
    tokens.events = [
      auscult_event(channel: 0, state: state, begin: 0, end: 223232, score: 0, threshold: 0, cause: cause, reserved: 0)
    ]
    tokens.heads = [head(1)]
    #expect(
      try lines(input, tokens) == [
        #"{"kind":"deaf","graph":"fan-watch","node":"alarm","channel":0,"machine":"fan-00","id":"a6409028ecef484d","#
          + #""state":"\#(name)","begin":0,"end":223232,"rate":48000,"time":"2026-11-21T09:30:04.650Z","cause":"\#(why)","generation":1}"#
      ])
  }

  /// Ids differ by machine, position, file and run, and by nothing that changes while an alarm lasts.
  @Test func idsTellAlarmsApart() throws {
    func id(
      channel: UInt32 = 0, begin: Int64 = 51200, end: Int64 = 223232, file: String? = nil, run: Int64 = 0
    ) throws -> String {
      var input = SinkHarness.Input(AUSCULT_EVENT, node: "alarm", machines: ["fan-00", "fan-01"])
      input.library = nil
      let scratch = ScratchFolder()
      let sink = try SinkHarness("sink.jsonl", ["path": scratch.file("a.jsonl")])
      sink.file = file
      sink.liveSince = run
      try sink.start([input])
      var tokens = SinkHarness.Tokens()
      tokens.events = [
        auscult_event(
          channel: channel, state: AUSCULT_EVENT_RAISED, begin: begin, end: end, score: 1, threshold: 0, cause: 0,
          reserved: 0)
      ]
      tokens.heads = [head(1)]
      try sink.process([tokens])
      sink.deactivate()
      let line = try text(scratch.file("a.jsonl"))
      return String(try #require(line.firstMatch(of: #/"id":"([0-9a-f]{16})"/#)).1)
    }
    let first = try id()
    #expect(try id(end: 500_000) == first)
    let others = [
      try id(channel: 1), try id(begin: 51201), try id(file: "a.wav"), try id(file: "b.wav"), try id(run: 1),
      try id(run: 2),
    ]
    #expect(Set(others + [first]).count == 7)
  }

  @Test(arguments: [
    (AUSCULT_GAP_XRUN, "\"xrun\""), (AUSCULT_GAP_DROP, #""drop","count":7"#), (AUSCULT_GAP_NODE, "\"node\""),
  ])
  func gapIsWritten(_ cause: UInt32, _ text: String) throws {
    let node = strdup("mic")
    defer { free(node) }
    var tokens = SinkHarness.Tokens()
    tokens.gap = auscult_gap(begin: 230400, end: 231424, cause: cause, count: 7, node: node)
    #expect(
      try lines(slices, tokens) == [
        #"{"kind":"gap","graph":"fan-watch","node":"mic","begin":230400,"end":231424,"rate":48000,"cause":\#(text)}"#
      ])
  }

  @Test func stepOfTheClockIsWritten() throws {
    var tokens = SinkHarness.Tokens()
    tokens.complete = 96000
    #expect(
      try lines(slices, tokens, clockSteps: 1) == [
        #"{"kind":"clock","graph":"fan-watch","node":"log","begin":96000,"end":96000,"rate":48000,"#
          + #""time":"2026-11-21T09:30:02.000Z"}"#
      ])
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity]) func scoreThatIsNoNumberIsLeftOut(_ value: Double) throws {
    var tokens = SinkHarness.Tokens()
    tokens.scores = [[score(value)], [score(1)]]
    tokens.heads = [head(0), head(1)]
    let written = try lines(slices, tokens)
    #expect(written.count == 1 && written[0].contains(#""score":1.0"#))
  }

  /// Begin is rounded down, end up, from exact ticks; a begin before the segment is clamped to it.
  @Test(arguments: [
    (Int64(0), Int64(0), Int64(0), Int64(0), Int64(171)), (1, 0, 0, 85, 427), (2, 0, 0, 341, 683),
    (0, 3, 0, 0, 172), (2, 0, 400, 400, 683), (0, -9000, 0, 0, 0), (0, 0, 500, 500, 500),
  ])
  func spanIsExact(_ index: Int64, _ origin: Int64, _ segment: Int64, _ begin: Int64, _ end: Int64) {
    var format = auscult_format()
    format.denominator = 3
    format.period = 768
    format.extent = 1025
    format.offset = -512
    let head = auscult_head(origin: origin, index: index, segment: segment, flags: 0, generation: 0)
    #expect(Span(format, head) == Span(begin: begin, end: end))
  }

  @Test(arguments: [
    (Int64(0), "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
    (951_782_399_999_999_999, "2000-02-28T23:59:59.999Z"), (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"),
    (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z"), (1_795_253_401_664_000_000, "2026-11-21T09:30:01.664Z"),
  ])
  func timeIsWrittenInUTC(_ nanoseconds: Int64, _ text: String) { #expect(wallTimeText(nanoseconds) == text) }

  @Test func timesAgreeWithTheSystemsCalendar() {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    for _ in 0..<2000 {
      let second = Int.random(in: -10_000_000_000...200_000_000_000, using: &random) / 24
      var broken = tm()
      var time = time_t(second)
      gmtime_r(&time, &broken)
      var buffer = [CChar](repeating: 0, count: 64)
      strftime(&buffer, 64, "%Y-%m-%dT%H:%M:%S.000Z", &broken)
      let expected = buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
      #expect(wallTimeText(Int64(second) * 1_000_000_000) == expected, "seed \(random.seed)")
    }
  }
}
