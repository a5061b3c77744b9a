import CNodeABI
import Foundation
import TestSupport
import Testing

/// What a broker receives.
@Suite(.serialized, .enabled(if: Broker.isInstalled, "mosquitto and mosquitto-clients are needed"))
struct MQTTTests {
  private let scratch = ScratchFolder()
  private var queue: String { scratch.file("queue") }

  private func address(_ broker: Broker) -> String { "mqtt://127.0.0.1:\(broker.port)" }

  @Test func alarmsArriveAsRecords() throws {
    let broker = try Broker()
    let subscriber = try Subscriber(broker)
    let rig = try MQTTRig(address(broker), queue: queue, machine: "hall/1")
    try rig.alarms(3..<4)
    try rig.alarms(5..<6, AUSCULT_EVENT_CLEARED)
    try waitUntil { try subscriber.payloads("/alarm").count == 2 }
    let alarms = try subscriber.messages().filter { $0.topic.hasSuffix("/alarm") }
    #expect(alarms.allSatisfy { $0.topic == "auscult/fan-watch/hall%2F1/alarm" && !$0.isRetained })
    #expect(try alarms.map { try member("state", $0.payload) } == ["raised", "cleared"])
    #expect(try member("machine", alarms[0].payload) == "hall/1")
    #expect(try member("id", alarms[0].payload)?.count == 16)
    rig.end()
    #expect(try FileManager.default.contentsOfDirectory(atPath: queue).contains("outbox.sqlite"))
  }

  /// What the broker keeps for those who come later: whether the watch runs, and the state of each machine.
  @Test func laterSubscribersFindTheState() throws {
    let broker = try Broker()
    let first = try Subscriber(broker)
    let rig = try MQTTRig(address(broker), queue: queue)
    try rig.scores(0..<2)
    try waitUntil { try first.payloads("/state").count == 1 }
    try rig.alarms(3..<4)
    try waitUntil { try first.payloads("/state").count == 2 }
    let second = try Subscriber(broker)
    try waitUntil { try second.messages().count >= 2 }
    let kept = try second.messages()
    #expect(kept.allSatisfy { $0.isRetained })
    #expect(kept.first { $0.topic == "auscult/fan-watch/status" }?.payload == "online")
    let state = kept.first { $0.topic == "auscult/fan-watch/fan/state" }?.payload
    #expect(try member("state", state) == "alarm")
    #expect(try member("score", state).flatMap(Double.init) == 2)
    #expect(try member("threshold", state).flatMap(Double.init) == 1)
    #expect(try member("since", state)?.hasSuffix("Z") == true)
    rig.end()
    try waitUntil { try second.messages().last { $0.topic.hasSuffix("/status") }?.payload == "offline" }
  }

  /// Which scores leave.
  @Test(arguments: [
    ("none", "0 s", []), ("changes", "0 s", [0, 4, 6]), ("all", "0 s", Array(0..<10)), ("all", "5 s", [4, 5]),
  ])
  func scoresAreChosen(_ which: String, _ every: String, _ expected: [Int]) throws {
    let broker = try Broker()
    let subscriber = try Subscriber(broker)
    let rig = try MQTTRig(address(broker), queue: queue, ["scores": which, "every": every])
    let values = [0.1, 0.2, 0.3, 0.4, 1.5, 1.2, 0.6, 0.7, 0.1, 0.1]
    try rig.scores(0..<10) { values[Int($0)] }
    try rig.alarms(20..<21)
    // The last interval ends with the sink. The next sink sends what the last second was too short for.
    rig.end()
    let next = try MQTTRig(address(broker), queue: queue)
    defer { next.end() }
    try waitUntil {
      try subscriber.payloads("/alarm").count == 1 && subscriber.payloads("/score").count >= expected.count
    }
    #expect(try seconds(subscriber.payloads("/score")) == expected)
  }

  @Test func deafMachinesAreTold() throws {
    let broker = try Broker()
    let subscriber = try Subscriber(broker)
    let rig = try MQTTRig(address(broker), queue: queue)
    try rig.alarms(3..<4, AUSCULT_EVENT_DEAF, cause: AUSCULT_DEAF_SILENT)
    try waitUntil { try subscriber.payloads("/deaf").count == 1 && subscriber.payloads("/state").count == 1 }
    #expect(try member("state", subscriber.payloads("/state").last) == "deaf")
    rig.end()
  }

  @Test func homeAssistantFindsTheMachines() throws {
    let broker = try Broker()
    let rig = try MQTTRig(
      address(broker), queue: queue, machine: "fan 1", ["home_assistant": "true", "topic": "plant/hall"])
    try rig.waitForLog("connected to")
    let subscriber = try Subscriber(broker, topic: "homeassistant/#")
    try waitUntil { try subscriber.messages().count == 2 }
    let messages = try subscriber.messages().sorted { $0.topic < $1.topic }
    #expect(
      messages.map(\.topic) == [
        "homeassistant/binary_sensor/auscult_fan-watch_fan_201/alarm/config",
        "homeassistant/sensor/auscult_fan-watch_fan_201/score/config",
      ])
    #expect(messages.allSatisfy { $0.isRetained })
    #expect(try member("state_topic", messages[0].payload) == "plant/hall/fan-watch/fan 1/state")
    #expect(try member("availability_topic", messages[1].payload) == "plant/hall/fan-watch/status")
    #expect(try member("device_class", messages[0].payload) == "problem")
    rig.end()
  }

  /// Every kind of message is as docs/mqtt.schema.json says.
  @Test(.enabled(if: hasJSONSchema, "python3 with jsonschema is needed")) func payloadsFollowTheSchema() throws {
    let broker = try Broker()
    let subscriber = try Subscriber(broker)
    let rig = try MQTTRig(address(broker), queue: queue, ["scores": "all"])
    // Only the last state of a machine leaves, so wait for each.
    try rig.scores(0..<3)
    try waitUntil { try subscriber.payloads("/state").count == 1 }
    try rig.alarms(4..<5)
    try rig.alarms(5..<6, AUSCULT_EVENT_DEAF, cause: AUSCULT_DEAF_SILENT)
    try waitUntil { try subscriber.payloads("/deaf").count == 1 && subscriber.payloads("/state").count >= 2 }
    rig.end()
    let payloads = try ["/score", "/alarm", "/deaf", "/state"].flatMap { try subscriber.payloads($0) }
    #expect(payloads.count >= 7)
    #expect(try violations(payloads) == [])
    #expect(try violations([#"{"kind":"alarm","state":"raised"}"#, #"{"kind":"state"}"#]).count == 2)
  }

  private func violations(_ payloads: [String]) throws -> [String] {
    let file = scratch.file("payloads")
    try payloads.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
    let output = try CompiledPlugin.run(
      "python3", [validator, BuildFolder.package + "/docs/mqtt.schema.json", file])
    return output.split(separator: "\n").map(String.init)
  }
}

private let validator = BuildFolder.package + "/Tests/Fixtures/schema/validate-lines.py"

private let hasJSONSchema = (try? CompiledPlugin.run("python3", ["-c", "import jsonschema"])) != nil
