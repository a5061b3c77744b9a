import CNodeABI
import Foundation
import TestSupport
import Testing

/// A sink.mqtt that gets scores and alarms by hand: positions are seconds.
struct MQTTRig {
  let sink: SinkHarness
  let machine: String

  init(
    _ broker: String, queue: String, machine: String = "fan", _ arguments: [String: String] = [:]
  ) throws {
    self.machine = machine
    sink = try SinkHarness(
      "sink.mqtt", ["broker": broker, "queue": queue].merging(arguments) { $1 })
    sink.liveSince = 1
    try sink.start([
      SinkHarness.Input(AUSCULT_SCORE, machines: [machine], period: 48000),
      SinkHarness.Input(AUSCULT_EVENT, node: "alarm", machines: [machine]),
    ])
  }

  /// An alarm is raised, or another event comes, at each of these seconds.
  func alarms(_ seconds: Range<Int64>, _ state: UInt32 = AUSCULT_EVENT_RAISED, cause: UInt32 = 0) throws {
    for second in seconds {
      var events = SinkHarness.Tokens()
      events.events = [
        auscult_event(
          channel: 0, state: state, begin: second * 48000, end: (second + 1) * 48000, score: 2, threshold: 1,
          cause: cause, reserved: 0)
      ]
      events.heads = [auscult_head(origin: 0, index: second, segment: 0, flags: 0, generation: 1)]
      try process(SinkHarness.Tokens(), events, through: second + 1)
    }
  }

  func scores(_ seconds: Range<Int64>, _ score: (Int64) -> Double = { _ in 0.5 }) throws {
    for second in seconds {
      var scores = SinkHarness.Tokens()
      var value = auscult_score()
      (value.score, value.threshold, value.class_index) = (score(second), 1, -1)
      scores.scores = [[value]]
      scores.heads = [auscult_head(origin: 0, index: second, segment: 0, flags: 0, generation: 1)]
      try process(scores, SinkHarness.Tokens(), through: second + 1)
    }
  }

  private func process(
    _ scores: SinkHarness.Tokens, _ events: SinkHarness.Tokens, through second: Int64
  ) throws {
    var (scores, events) = (scores, events)
    (scores.complete, events.complete) = (second * 48000, second * 48000)
    try sink.process([scores, events])
  }

  func waitForLog(_ text: String) throws { try waitUntil { sink.logged.contains { $0.contains(text) } } }

  func end() { sink.deactivate() }
}

/// The seconds of records.
func seconds(_ payloads: [String]) throws -> [Int] {
  try payloads.map { payload in
    let object = try #require(try JSONSerialization.jsonObject(with: Data(payload.utf8)) as? [String: Any])
    return try #require(object["begin"] as? Int) / 48000
  }
}

/// A member of a JSON object.
func member(_ name: String, _ payload: String?) throws -> String? {
  let data = Data(try #require(payload).utf8)
  let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  return object[name].map { "\($0)" }
}
