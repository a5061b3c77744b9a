import CNodeABI
import Foundation
import Glibc
import TestSupport
import Testing

/// Brokers that go away, are not there yet, or refuse; queues that are full or in use.
@Suite(.serialized, .enabled(if: Broker.isInstalled, "mosquitto and mosquitto-clients are needed"))
struct MQTTTroubleTests {
  private let scratch = ScratchFolder()
  private var queue: String { scratch.file("queue") }

  private func address(_ broker: Broker) -> String { "mqtt://127.0.0.1:\(broker.port)" }

  /// Alarms come all the time while the broker is killed twice.
  @Test func alarmsSurviveTheBroker() throws {
    let broker = try Broker()
    let subscriber = try Subscriber(broker)
    let rig = try MQTTRig(address(broker), queue: queue)
    try rig.alarms(0..<40)
    try waitUntil { try subscriber.payloads("/alarm").count >= 20 }
    for round in Int64(1)...2 {
      broker.stop()
      try rig.alarms(round * 40..<round * 40 + 20)
      try rig.waitForLog("no MQTT broker answers")
      try broker.start()
      try rig.alarms(round * 40 + 20..<round * 40 + 40)
      try waitUntil { try subscriber.payloads("/alarm").count == Int(round + 1) * 40 }
    }
    rig.end()
    #expect(try seconds(subscriber.payloads("/alarm")) == Array(0..<120), "each once by its id, in order")
    #expect(try Set(subscriber.payloads("/alarm").map { try member("id", $0) }).count == 120)
  }

  /// The queue outlives the sink.
  @Test func whatIsNotSentIsSentByTheNextRun() throws {
    let broker = try Broker(isStarted: false)
    let first = try MQTTRig(address(broker), queue: queue)
    try first.alarms(0..<30)
    first.end()
    #expect(first.sink.logged.contains { $0.contains("30 messages for mqtt://127.0.0.1:\(broker.port) wait in ") })
    try broker.start()
    let subscriber = try Subscriber(broker)
    let second = try MQTTRig(address(broker), queue: queue)
    try second.alarms(30..<31)
    try waitUntil { try subscriber.payloads("/alarm").count == 31 }
    second.end()
    #expect(try seconds(subscriber.payloads("/alarm")) == Array(0..<31))
  }

  @Test func scoresAreDroppedBeforeAlarms() throws {
    let broker = try Broker(isStarted: false)
    let rig = try MQTTRig(address(broker), queue: queue, ["queue_limit": "100", "scores": "all"])
    try rig.alarms(0..<30)
    try rig.scores(30..<180)
    try rig.alarms(180..<190)
    #expect(rig.sink.logged.count { $0.contains("the oldest scores are dropped: the queue has its limit of 100") } == 1)
    try broker.start()
    let subscriber = try Subscriber(broker)
    try waitUntil { try subscriber.messages().count { !$0.topic.hasSuffix("/status") } >= 100 }
    rig.end()
    #expect(try seconds(subscriber.payloads("/alarm")) == Array(0..<30) + Array(180..<190))
    #expect(try seconds(subscriber.payloads("/score")) == Array(120..<180))
  }

  @Test func oldAlarmsGoWhenOnlyAlarmsAreLeft() throws {
    let rig = try MQTTRig("mqtt://127.0.0.1:1", queue: queue, ["queue_limit": "100"])
    try rig.alarms(0..<105)
    #expect(
      rig.sink.logged.count { $0.contains("1 message of alarms was dropped: the queue has its limit of 100") } == 5)
    rig.end()
  }

  /// In a graph, what the sink dropped is a gap record in the others.
  @Test func droppedScoresAreRecorded() throws {
    let text = """
      graph: dropping
      nodes:
        mic: { type: source, machines: [fan] }
        stft: { type: stft, length: 512, hop: 256 }
        mel: { type: mel, bands: 8 }
        slices: { type: slicer, length: 5 frames, hop: 1 frames }
        judge: { type: test.judge, library: \(BuildFolder.path)/libtestplugin-judge.so, weight: 1 }
        out: { type: sink.mqtt, broker: "mqtt://127.0.0.1:1", scores: all, queue: "${env:OUT}/queue", queue_limit: 100 }
        log: { type: sink.jsonl, path: "${env:OUT}/log.jsonl" }
      links: [mic -> stft -> mel -> slices -> judge -> out, judge -> log]
      """
    var random = SeededRandom(seed: 7)
    let run = try HandRun(text)
    // The log gets a loss with the sound that follows it.
    for _ in 0..<40 {
      run.driver.feed(random.noise(frames: 2400), period: 256)
      run.engine.drain()
    }
    let lost = run.engine.lostByOutputs
    run.driver.finish()
    let records = run.records("log.jsonl")
    let scores = records.count { $0.hasPrefix(#"{"kind":"score""#) }
    let recorded = records.filter { $0.contains(#""cause":"sink""#) && $0.contains(#""node":"out""#) }.compactMap {
      $0.firstMatch(of: /"count":(\d+)/).flatMap { Int($0.output.1) }
    }.reduce(0, +)
    // The last scores leave when the log has ended, too.
    #expect(lost > 200 && (lost...(scores - 100)).contains(recorded), "lost \(lost) of \(scores), recorded \(recorded)")
  }

  /// Its connections stay, but nothing is acknowledged.
  @Test func aBrokerThatHangsIsReported() throws {
    let broker = try Broker()
    let subscriber = try Subscriber(broker)
    let rig = try MQTTRig(address(broker), queue: queue)
    try rig.alarms(0..<1)
    try waitUntil { try subscriber.payloads("/alarm").count == 1 }
    broker.freeze()
    try rig.alarms(1..<4)
    try rig.waitForLog("\(address(broker)) takes messages, but acknowledges none")
    broker.thaw()
    try waitUntil { try Set(seconds(subscriber.payloads("/alarm"))).count == 4 }
    rig.end()
  }

  /// The messages are in the file that is removed, and in no other.
  @Test(arguments: [false, true]) func aQueueThatIsRemovedIsBegunAnew(_ withFolder: Bool) throws {
    let broker = try Broker(isStarted: false)
    let rig = try MQTTRig(address(broker), queue: queue)
    try rig.alarms(0..<20)
    for name in withFolder ? [""] : ["/outbox.sqlite", "/outbox.sqlite-wal", "/outbox.sqlite-shm"] {
      try FileManager.default.removeItem(atPath: queue + name)
    }
    try rig.alarms(20..<22)
    #expect(rig.sink.logged.count { $0.contains("outbox.sqlite was moved away or removed: began a new one") } == 1)
    // As after kill -9: only what is on the disk is left.
    let copy = scratch.file("copy")
    try FileManager.default.copyItem(atPath: queue, toPath: copy)
    try broker.start()
    let subscriber = try Subscriber(broker)
    let next = try MQTTRig(address(broker), queue: copy)
    try waitUntil { try subscriber.payloads("/alarm").count == 22 }
    next.end()
    #expect(try seconds(subscriber.payloads("/alarm")) == Array(0..<22), "in order, each once")
    rig.end()
  }

  @Test func oneWatchHasAQueue() throws {
    let rig = try MQTTRig("mqtt://127.0.0.1:1", queue: queue)
    #expect {
      _ = try MQTTRig("mqtt://127.0.0.1:1", queue: queue)
    } throws: { error in
      "\(error)".contains("the queue \(queue) is in use by")
    }
    rig.end()
    try MQTTRig("mqtt://127.0.0.1:1", queue: queue).end()
  }

  /// A file that is no database is kept, and does not stop the watch.
  @Test func damagedQueueIsSetAside() throws {
    try FileManager.default.createDirectory(atPath: queue, withIntermediateDirectories: true)
    try Data(repeating: 65, count: 8192).write(to: URL(fileURLWithPath: queue + "/outbox.sqlite"))
    let rig = try MQTTRig("mqtt://127.0.0.1:1", queue: queue)
    #expect(rig.sink.logged.contains { $0.contains("outbox.sqlite is damaged: moved it to ") })
    try rig.alarms(0..<3)
    rig.end()
    #expect(try Data(contentsOf: URL(fileURLWithPath: queue + "/outbox.sqlite.damaged")).count == 8192)
  }

  /// The first pages are whole: the damage is where the messages are.
  @Test func damageWithinTheQueueIsFound() throws {
    let first = try MQTTRig("mqtt://127.0.0.1:1", queue: queue)
    try first.alarms(0..<200)
    first.end()
    let file = URL(fileURLWithPath: queue + "/outbox.sqlite")
    var bytes = try Data(contentsOf: file)
    let part = bytes.count / 3..<bytes.count / 3 * 2
    bytes.replaceSubrange(part, with: Data(repeating: 65, count: part.count))
    try bytes.write(to: file)
    let next = try MQTTRig("mqtt://127.0.0.1:1", queue: queue)
    #expect(next.sink.logged.contains { $0.contains("outbox.sqlite is damaged: moved it to ") })
    try next.alarms(200..<203)
    next.end()
    #expect(next.sink.logged.contains { $0.hasPrefix("3 messages for ") }, "\(next.sink.logged)")
  }

  @Test(arguments: [
    (["broker": "http://host"], "begins with neither mqtt:// nor mqtts://"),
    (["broker": "mqtt://"], "names no host"), (["broker": "mqtt://host:99999"], "has no port from 1 to 65535"),
    (["broker": "mqtt://[::1]x1883"], "has no port from 1 to 65535"),
    (["broker": "mqtt://user@host"], "give it with `user` and `password_file`"),
    (["broker": "mqtt://host/topic"], "has a space or a path after the host"),
    (["topic": "a/#"], "contains `+` or `#`"), (["topic": "$SYS"], "begins with `$`"),
    (["password_file": "/etc/hostname"], "`password_file` needs `user`"),
    (["certificate": "/etc/hostname"], "`certificate` and `key` need each other"),
    (["ca": "/etc/hostname"], "`ca` is for TLS"),
    (["user": "me", "password_file": "/nowhere"], "cannot read the password in /nowhere"),
  ])
  func wrongParametersAreExplained(_ arguments: [String: String], _ message: String) throws {
    #expect {
      _ = try MQTTRig("mqtt://127.0.0.1:1", queue: queue, arguments)
    } throws: { error in
      "\(error)".contains(message)
    }
  }
}
