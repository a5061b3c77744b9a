import CNodeABI
import Database
import Foundation
import Glibc
import OutputFiles
import TestSupport
import Testing

/// A sink.sqlite that gets a score for each second, by hand, as live.
private final class ScoreSink {
  private let rig: NodeRig
  private let format: auscult_format
  private let producer: UnsafePointer<auscult_producer>
  private var second: Int64 = 0

  init(_ arguments: [String: String]) throws {
    let nodeClass = try NodeRig.find("sink.sqlite")
    rig = try NodeRig(nodeClass, graph: "plant", node: "past", try Setting.typed(arguments, nodeClass))
    rig.host.anchor = SimulatedTime.begin
    rig.host.liveSince = SimulatedTime.begin
    var format = auscult_format()
    format.size = UInt32(MemoryLayout<auscult_format>.size)
    format.kind = AUSCULT_SCORE
    (format.channels, format.rows, format.columns, format.driver_rate) = (1, 1, 1, 48000)
    (format.denominator, format.period, format.extent) = (1, 48000, 48000)
    format.machines = rig.memory.texts(["fan"])
    self.format = format
    producer = UnsafePointer(
      rig.memory.array([
        auscult_producer(
          size: UInt32(MemoryLayout<auscult_producer>.size), node: rig.memory.text("judge"),
          class_name: rig.memory.text("detector.test"), library: nil, model: nil, class_names: nil, class_name_count: 0)
      ]))
    try rig.configure([format], from: ["judge"], rate: 48000)
    try rig.activate()
  }

  var logged: [String] { rig.host.log }

  func write(_ count: Int) throws {
    for _ in 0..<count {
      let block = RigBlock(format, capacity: 1, hasMarks: false)
      block.count = 1
      block.pointer.pointee.producer = producer
      block.pointer.pointee.complete = (second + 1) * 48000
      block.pointer.pointee.heads[0] = auscult_head(origin: 0, index: second, segment: 0, flags: 0, generation: 1)
      block.payload(0, 0, as: auscult_score.self).pointee = auscult_score(
        score: 1, threshold: 2, class_index: -1, probability: 0, band_count: 0, bands: (0, 0, 0, 0, 0, 0, 0, 0))
      second += 1
      try rig.process([block])
    }
  }

  func end() { rig.deactivate() }
}

private func seconds(_ path: String) -> [Int64] {
  guard let database = try? Connection(path, .readOnly, patience: 5),
    let rows = try? database.rows("SELECT \"begin\" / 48000 FROM scores ORDER BY 1", columns: 1)
  else { return [] }
  return rows.compactMap { Int64($0[0]) }
}

@Suite struct SinkTroubleTests {
  /// A commit at least every second, without further calls of the node.
  @Test func rowsAreThereWithinASecond() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.sqlite")
    let sink = try ScoreSink(["path": path])
    try sink.write(3)
    try waitUntil(seconds: 20) { seconds(path) == [0, 1, 2] }
    try sink.write(2)
    try waitUntil(seconds: 20) { seconds(path).count == 5 }
    sink.end()
    #expect(seconds(path) == [0, 1, 2, 3, 4] && sink.logged.isEmpty)
    #expect(try Connection(path, .readOnly, patience: 5).rows("SELECT source FROM runs", columns: 1) == [["live"]])
  }

  @Test(arguments: ["renamed", "removed"]) func fileThatIsTakenAwayIsBegunAnew(_ how: String) throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.sqlite")
    let sink = try ScoreSink(["path": path])
    try sink.write(2)
    try waitUntil(seconds: 20) { seconds(path).count == 2 }
    if how == "renamed" { rename(path, scratch.file("old.sqlite")) } else { unlink(path) }
    try sink.write(2)
    sink.end()
    #expect(seconds(path) == [2, 3])
    #expect(sink.logged.contains { $0.contains("was moved away or removed: begins a new file") }, "\(sink.logged)")
  }

  /// A folder that is gone is waited for; no row is lost.
  @Test func folderThatVanishesIsWaitedFor() throws {
    let scratch = ScratchFolder()
    mkdir(scratch.file("disk"), 0o700)
    mkdir(scratch.file("disk/out"), 0o700)
    let path = scratch.file("disk/out/a.sqlite")
    let sink = try ScoreSink(["path": path])
    try sink.write(2)
    try waitUntil(seconds: 20) { seconds(path).count == 2 }
    rename(scratch.file("disk"), scratch.file("gone"))
    try sink.write(3)
    try waitUntil(seconds: 20) { sink.logged.contains { $0.contains("The node tries again; everything else runs on") } }
    rename(scratch.file("gone"), scratch.file("disk"))
    try waitUntil(seconds: 40) { seconds(path).count == 5 }
    sink.end()
    #expect(seconds(path) == [0, 1, 2, 3, 4])
    #expect(sink.logged.contains { $0.contains("is written again after") && $0.hasSuffix("no record is lost") })
  }

  /// Found when the file is opened, or while rows are written. What is damaged stays for `.recover`.
  @Test(arguments: ["before", "while it runs"]) func aDamagedHistoryIsSetAside(_ when: String) throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.sqlite")
    let first = try ScoreSink(["path": path])
    try first.write(20_000)
    if when == "before" {
      first.end()
      try damage(path, in: 100..<4096)
    } else {
      try waitUntil(seconds: 40) { seconds(path).count == 20_000 }
      // Back into the file from SQLite's log, so that it is read from there.
      try Connection(path, .readWrite, patience: 5).execute("PRAGMA wal_checkpoint(TRUNCATE)")
      try damage(path, in: 4096..<Int.max)
    }
    let second = when == "before" ? try ScoreSink(["path": path]) : first
    try second.write(3)
    if when == "before" {
      second.end()
      #expect(seconds(path) == [0, 1, 2])
    } else {
      try waitUntil(seconds: 40) { second.logged.contains { $0.contains("is damaged: moved it to \(path).damaged") } }
      try waitUntil(seconds: 40) { seconds(path).last == 20_002 }
      second.end()
    }
    #expect(
      second.logged.contains { $0.contains("moved it to \(path).damaged and began a new one") }, "\(second.logged)")
    #expect(access(path + ".damaged", F_OK) == 0)
    #expect(try Connection(path, .readOnly, patience: 5).rows("PRAGMA integrity_check", columns: 1) == [["ok"]])
  }

  /// Overwrites a part of a file.
  private func damage(_ path: String, in range: Range<Int>) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    let end = min(range.upperBound, Int(try file.seekToEnd()))
    try file.seek(toOffset: UInt64(range.lowerBound))
    try file.write(contentsOf: Data(repeating: 0xa5, count: end - range.lowerBound))
    try file.close()
  }

  /// A limit of the file's size simulates a full disk; it is for the whole process, so the test has its own process.
  @Test func fullDiskIsOverWhenThereIsRoomAgain() async {
    await #expect(processExitsWith: .success) {
      StandardStreams.secure()
      signal(SIGXFSZ, SIG_IGN)
      let scratch = ScratchFolder()
      let path = scratch.file("a.sqlite")
      let sink = try ScoreSink(["path": path])
      try sink.write(2)
      try waitUntil(seconds: 20) { seconds(path).count == 2 }
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let before = limit.rlim_cur
      limit.rlim_cur = 8192
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      try sink.write(3)
      try waitUntil(seconds: 20) { sink.logged.contains { $0.contains("The node tries again") } }
      limit.rlim_cur = before
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      try waitUntil(seconds: 40) { seconds(path).count == 5 }
      sink.end()
      #expect(seconds(path) == [0, 1, 2, 3, 4])
      let database = try Connection(path, .readOnly, patience: 5)
      #expect(try database.rows("PRAGMA integrity_check", columns: 1) == [["ok"]])
    }
  }
}
