import Database
import Foundation
import Glibc
import RunControl
import SystemCalls
import TestSupport
import Testing

/// Everything that a watch depends on goes away and comes back, while a machine fails five times.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(
    if: Broker.isInstalled && FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"),
    "mosquitto, mosquitto-clients and jackd are needed"),
  .enabled(if: SmallDisk.isPermitted, "a disk that can be full needs the right to mount a tmpfs (root)"))
struct EverythingGoesWrongTests {
  private static let isLong = !(ProcessInfo.processInfo.environment["AUSCULT_LONG"] ?? "").isEmpty
  /// How long each part is away, beyond what the test looks at.
  private static let outage: Duration = isLong ? .seconds(12) : .zero
  private static let failures = 5

  /// Half a minute, and with `AUSCULT_LONG` two minutes.
  @Test func noAlarmIsLostOrDoubled() throws {
    let plant = try Plant(calm: Self.isLong ? 8 : 1)
    try goWrong(plant)
    try waitUntil { try plant.figure("out", "queued_messages") == 0 }
    #expect(try plant.figure("out", "connected") == 1 && plant.figure("out", "dropped_total") == 0)
    #expect(try plant.figure("past", "file_bytes") ?? 0 > 0 && plant.figure("past", "dropped_total") == 0)
    let outcome = try plant.stopWatch()
    #expect(outcome.status == 0, "\(outcome.err)")
    try plant.stopMachine()
    let ids = try expectOnce(plant)
    try expectClips(plant, ids)
    try expectGaps(plant, summary: outcome.err)
  }

  private func goWrong(_ plant: Plant) throws {
    // The broker, and then the watch, while the queue is full. What the watch committed in the last second may be lost:
    // the alarm is older.
    plant.broker.stop()
    try plant.fail()
    try waitForClips(plant, 1)
    try waitUntil { try lines(plant, "clip").count == 1 && plant.figure("out", "queued_messages") ?? 0 >= 3 }
    #expect(try plant.figure("out", "connected") == 0)
    try plant.listen()
    try plant.killWatch()
    Polling.pause(Self.outage)
    try plant.startWatch()
    try plant.broker.start()
    try waitUntil { try plant.figure("out", "connected") == 1 }
    try plant.fail()
    try waitForClips(plant, 2)
    // The disk.
    try plant.disk.fill()
    try plant.fail { try plant.watch?.wait(for: "The node tries again; everything else runs on", seconds: 60) }
    Polling.pause(Self.outage)
    plant.disk.free()
    try waitForClips(plant, 3)
    // The server.
    plant.killServer()
    try plant.watch?.wait(for: "the JACK server shut down", seconds: 60)
    Polling.pause(Self.outage)
    try plant.startServer()
    try plant.watch?.wait(for: "the JACK server is back", seconds: 60)
    try plant.waitUntilItJudges()
    try plant.fail()
    try waitForClips(plant, 4)
    // The source.
    try plant.stopMachine()
    try plant.watch?.wait(for: "lost the connection \(plant.machineName):out", seconds: 60)
    Polling.pause(Self.outage)
    try plant.startMachine()
    try plant.waitUntilItJudges()
    try plant.fail()
    try waitForClips(plant, Self.failures)
  }

  private func waitForClips(_ plant: Plant, _ count: Int) throws {
    try? waitUntil { try past(plant, "SELECT count(*) FROM clips") == [["\(count)"]] }
    try #require(try past(plant, "SELECT count(*) FROM clips") == [["\(count)"]])
  }

  private func past(_ plant: Plant, _ sql: String, columns: Int = 1) throws -> [[String]] {
    let database = try Connection(plant.disk.path + "/past.sqlite", .readOnly, patience: 5)
    let statement = try Statement(database, sql)
    var rows: [[String]] = []
    while try statement.next() { rows.append((0..<columns).map { statement.text($0) ?? "" }) }
    return rows
  }

  private func lines(_ plant: Plant, _ kind: String) throws -> [JSONValue] {
    try plant.folder.writtenRecords("disk/log.jsonl").filter { $0["kind"]?.text == kind }
  }

  /// Each alarm is in each place: in the database and in the lines once, at the broker with an id of its own.
  ///
  /// - Returns: the ids.
  private func expectOnce(_ plant: Plant) throws -> [String] {
    let ids = try past(plant, "SELECT id FROM events WHERE kind = 'alarm' AND state = 'raised' ORDER BY time").map {
      $0[0]
    }
    #expect(ids.count == Self.failures && Set(ids).count == Self.failures, "\(ids)")
    for state in ["raised", "cleared"] {
      let rows = try past(plant, "SELECT id FROM events WHERE kind = 'alarm' AND state = '\(state)'").map { $0[0] }
      #expect(rows.sorted() == ids.sorted(), "\(state)")
      let records = try lines(plant, "alarm").filter { $0["state"]?.text == state }.compactMap { $0["id"]?.text }
      #expect(records.sorted() == ids.sorted(), "\(state)")
      try? waitUntil { try received(plant, state).count >= Self.failures }
      #expect(try received(plant, state).sorted() == ids.sorted(), "\(state), at the broker")
    }
    let kinds = try past(plant, "SELECT DISTINCT kind FROM events").map { $0[0] }
    #expect(Set(kinds).isSubset(of: ["alarm", "connection", "deaf"]), "\(kinds)")
    return ids
  }

  /// The ids of alarms at the broker. QoS 1 may double a message, so each text counts once.
  private func received(_ plant: Plant, _ state: String) throws -> [String] {
    try plant.subscriber.payloads("/alarm").map { try JSONValue(parsing: Array($0.utf8)) }
      .filter { $0["state"]?.text == state }.compactMap { $0["id"]?.text }
  }

  /// Each alarm has one clip, all places name it, and it is what the watch heard, and what the machine played.
  private func expectClips(_ plant: Plant, _ ids: [String]) throws {
    let rows = try past(plant, "SELECT event, path FROM clips ORDER BY time", columns: 2)
    #expect(rows.map { $0[0] }.sorted() == ids.sorted())
    #expect(
      try past(plant, "SELECT DISTINCT id, clip FROM events WHERE state IN ('raised', 'cleared')", columns: 2).sorted {
        $0[0] < $1[0]
      }
        == rows.sorted { $0[0] < $1[0] })
    let written = try lines(plant, "clip").compactMap { record in
      record["id"]?.text.map { [$0, record["path"]?.text ?? ""] }
    }
    #expect(written.sorted { $0[0] < $1[0] } == rows.sorted { $0[0] < $1[0] })
    let sent = try plant.subscriber.payloads("/clip").map { try JSONValue(parsing: Array($0.utf8)) }
    #expect(sent.compactMap { $0["path"]?.text }.sorted() == rows.map { $0[1] }.sorted())

    let (tapes, machine) = (try sounds(plant, "tape"), try sounds(plant, "machine"))
    var offsets: [Int] = []
    for (id, path) in rows.map({ ($0[0], $0[1]) }) {
      let note = try JSONValue(
        parsing: Array(try Data(contentsOf: URL(fileURLWithPath: String(path.dropLast(3)) + "json"))))
      #expect(note["id"]?.text == id)
      let clip = try Sound(path)
      #expect(clip.samples.count > 48000)
      let place = tapes.compactMap { $0.position(of: clip.samples[...]) }.first
      offsets.append(
        try #require(place, "\(path) is not what the watch heard") - Int(try #require(note["begin"]?.integer)))
      // Without realtime priority, a busy computer loses cycles: there, the watch heard what the machine did not play.
      let lost = try lostFrames(note) + lostFrames(plant.machineSaid)
      let difference = machine.compactMap { $0.difference(to: clip) }.min()
      #expect(difference ?? .max <= lost, "\(path) is not what the machine played: \(lost) frames lost")
    }
    // The tape of the second watch begins behind the first one's, or in a part of its own.
    #expect(offsets.first == 0 && Set(offsets).count <= 2, "clips begin elsewhere than they say: \(offsets)")
  }

  /// The frames of a clip's gaps.
  private func lostFrames(_ note: JSONValue) throws -> Int {
    try (note["gaps"]?.array ?? []).reduce(0) { sum, gap in
      sum + Int(try #require(gap["end"]?.integer) - #require(gap["begin"]?.integer))
    }
  }

  /// The frames of the cycles that a machine did not play, or not in time, by its messages.
  private func lostFrames(_ said: String) -> Int {
    let lost = said.matches(of: /lost ([0-9]+) frames at frame position [0-9]+(?! without a server)/).compactMap {
      Int($0.1)
    }
    let late = said.matches(of: /([0-9]+) xruns?;/).compactMap { Int($0.1) }
    return lost.reduce(0, +) + late.reduce(0, +) * 1024
  }

  private func sounds(_ plant: Plant, _ name: String) throws -> [Sound] {
    try FileManager.default.contentsOfDirectory(atPath: plant.folder.path)
      .filter { $0.hasPrefix(name + ".") && $0.hasSuffix(".wav") }.map { try Sound(plant.folder.file($0)) }
  }

  /// The time without a server is a gap, and so is every lost cycle; nothing else is lost.
  ///
  /// - Parameter summary: what the last watch said. It counts its gaps.
  private func expectGaps(_ plant: Plant, summary: String) throws {
    let gaps = try past(plant, "SELECT cause, \"begin\", \"end\" FROM gaps ORDER BY gap", columns: 3)
    #expect(gaps.count { $0[0] == "server" } == 1, "\(gaps)")
    #expect(Set(gaps.map { $0[0] }).isSubset(of: ["server", "xrun"]), "\(gaps)")
    let records = try lines(plant, "gap").map {
      [$0["cause"]?.text, "\($0["begin"]?.integer ?? -1)", "\($0["end"]?.integer ?? -1)"]
    }
    #expect(records.sorted { "\($0)" < "\($1)" } == gaps.map { $0.map { Optional($0) } }.sorted { "\($0)" < "\($1)" })
    let told = try #require(summary.firstMatch(of: /([0-9]+) gaps? \(([0-9]+) frames lost\)/), "\(summary)")
    let last = try past(
      plant, "SELECT count(*), sum(\"end\" - \"begin\") FROM gaps WHERE run = (SELECT max(run) FROM runs)", columns: 2)
    #expect(last == [[String(told.1), String(told.2)]], "\(gaps)")
    // Two watches connected; the second lost the server and the source.
    let states = try past(plant, "SELECT state FROM events WHERE kind = 'connection' ORDER BY event").map { $0[0] }
    #expect(states == ["connected", "connected", "lost", "regained", "lost", "regained"], "\(states)")
  }
}
