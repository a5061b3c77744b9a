import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// Runs with a broker that are killed.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(
    if: Broker.isInstalled && FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"),
    "mosquitto, mosquitto-clients and jackd are needed"))
struct MQTTRunTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  /// A fan that fails after ten seconds; the alarm is repeated every second.
  private func write(_ broker: Broker) throws {
    try folder.write(
      "fan.yaml",
      """
      graph: fan-watch
      nodes:
        fan: { type: source.synth, machine: fan, fault: bearing, at: 10 s, machines: [fan] }
        stft: { type: stft, length: 1024, hop: 512 }
        mel: { type: mel, bands: 32 }
        level: { type: normalize, mode: decibel }
        slices: { type: slicer, length: 0.5 s, hop: 50 % }
        judge: { type: detector.bands, learn: 5 s }
        alarm: { type: alarm, on: 0.5 s, off: 1 s, realarm: 1 s }
        out: { type: sink.mqtt, broker: "mqtt://127.0.0.1:\(broker.port)" }
        log: { type: sink.jsonl, path: log.jsonl, append: false }
      links:
        - fan -> stft -> mel -> level -> slices -> judge -> alarm -> out
        - alarm -> log
      """)
  }

  private func alarms() throws -> [String] {
    guard folder.contains("log.jsonl") else { return [] }
    return try folder.text("log.jsonl").split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(
      String.init)
  }

  /// The broker is away when the watch begins, and the watch is killed: the next one sends everything.
  @Test func alarmsSurviveTheWatch() throws {
    let broker = try Broker(isStarted: false)
    try write(broker)
    let live = try LiveCommand(auscult, arguments: ["run", "fan.yaml", "--offline", "--duration", "100h"])
    try waitUntil { try alarms().count >= 30 }
    let early = try alarms()
    try waitUntil { try alarms().count >= early.count + 100 }
    live.signal(SIGKILL)
    _ = try live.end()
    let all = try alarms()

    try broker.start()
    let subscriber = try Subscriber(broker)
    let next = try auscult("run", "fan.yaml", "--offline", "--duration", "1s", "--set", "log.path=next.jsonl")
    #expect(next.status == 0 && next.err.contains(" messages of the queue"), "\(next.err)")
    try waitUntil { try subscriber.payloads("/alarm").count >= early.count }
    let received = try subscriber.payloads("/alarm")
    #expect(received.starts(with: early))
    #expect(zip(received, all).allSatisfy(==), "in order, without a hole")
  }

  /// Status and topics of a run with another name than its graph's.
  @Test func lastWillSaysOffline() throws {
    let broker = try Broker()
    try write(broker)
    let subscriber = try Subscriber(broker)
    let live = try LiveCommand(auscult, arguments: ["run", "fan.yaml", "--start-server", "--name", name])
    let status = { try subscriber.messages().filter { $0.topic == "auscult/\(name)/status" }.map(\.payload) }
    try waitUntil { try status() == ["online"] }
    let jackd = try #require(jackdOf(live.process.processIdentifier))
    live.signal(SIGKILL)
    _ = try live.end()
    try waitUntil { try status() == ["online", "offline"] }
    // A private server ends with its run.
    try waitUntil { kill(jackd, 0) != 0 }
  }

  /// While the broker is away, `status` says so.
  @Test func statusShowsTheBroker() throws {
    let broker = try Broker(isStarted: false)
    try write(broker)
    let live = try LiveCommand(auscult, arguments: ["run", "fan.yaml", "--start-server", "--name", name])
    try live.wait(for: "no MQTT broker answers at mqtt://127.0.0.1:\(broker.port)")
    try waitUntil {
      let text = try auscult("status", name).out
      return text.contains("blocked   out, since ") && text.contains(" in the queue")
    }
    let away = try figures(name)
    #expect(away?["connected"] == 0 && away?["queued_messages"] != nil, "\(away as Any)")
    try broker.start()
    try live.wait(for: "out: connected to mqtt://127.0.0.1:\(broker.port)")
    try waitUntil { try !auscult("status", name).out.contains("blocked") }
    let back = try figures(name)
    #expect(back?["connected"] == 1 && back?["dropped_total"] == 0, "\(back as Any)")
    #expect(try auscult("stop", name).status == 0 && live.end().status == 0)
  }

  /// A queue that can be written again does not hide that the broker is away.
  @Test func statusShowsBothProblems() throws {
    let broker = try Broker(isStarted: false)
    try write(broker)
    let live = try LiveCommand(auscult, arguments: ["run", "fan.yaml", "--start-server", "--name", name])
    try live.wait(for: "no MQTT broker answers at mqtt://127.0.0.1:\(broker.port)")
    try FileManager.default.removeItem(atPath: folder.path + "/mqtt-queue")
    try folder.write("mqtt-queue", "in the way")
    // The text is cut in the middle for people.
    let status = { try auscult("status", name, "--json").out }
    try waitUntil { try status().contains("cannot make the folder") }
    #expect(try status().contains("no MQTT broker answers"))
    try FileManager.default.removeItem(atPath: folder.path + "/mqtt-queue")
    try live.wait(for: "outbox.sqlite was moved away or removed: began a new one")
    try waitUntil { try !status().contains("cannot make the folder") }
    try waitUntil { try status().contains("no MQTT broker answers") }
    #expect(try auscult("stop", name).status == 0 && live.end().status == 0)
  }

  /// What the sink says of itself.
  private func figures(_ name: String) throws -> JSONValue? {
    try JSONValue(parsing: Array(auscult("status", name, "--json").out.utf8))["figures"]?["out"]
  }

  /// Measuring sends nothing.
  @Test func benchSendsNothing() throws {
    let broker = try Broker()
    try write(broker)
    let subscriber = try Subscriber(broker)
    #expect(try auscult("bench", "fan.yaml", "--seconds", "12").status == 0)
    #expect(try subscriber.messages() == [])
  }
}
