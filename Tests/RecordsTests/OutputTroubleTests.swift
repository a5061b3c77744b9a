import Foundation
import Glibc
import OutputFiles
import Records
import TestSupport
import Testing

/// Full disks, missing folders, programs that truncate files, readers that don't read.
@Suite struct OutputTroubleTests {
  /// Truncated by another program, as by logrotate's copytruncate: no zeros at the begin, no half line.
  @Test(arguments: [0, 1, 40]) func fileThatIsCutGoesOnCleanly(_ more: Int) throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.jsonl")
    let sink = try ScoreSink(["path": path])
    try sink.write(0..<3)
    let first = try #require(try Data(contentsOf: URL(fileURLWithPath: path)).firstIndex(of: 10)) + 1
    // Nothing is left, or the first line and a part of the second.
    truncate(path, off_t(more == 0 ? 0 : first + more))
    try sink.write(3..<5)
    sink.end()
    #expect(try scoreSeconds(path) == (more == 0 ? [3, 4] : [0, 3, 4]))
    #expect(try !Data(contentsOf: URL(fileURLWithPath: path)).contains(0))
  }

  /// logrotate's other way: the file is renamed, or removed; nothing goes to a file that cannot be found.
  @Test(arguments: ["renamed", "removed", "folder"]) func fileThatIsMovedAwayIsBegunAnew(_ how: String) throws {
    let scratch = ScratchFolder()
    let path = scratch.file("out/a.jsonl")
    let sink = try ScoreSink(["path": path])
    try sink.write(0..<2)
    switch how {
    case "renamed": rename(path, scratch.file("out/old"))
    case "removed": unlink(path)
    default: rename(scratch.file("out"), scratch.file("old"))
    }
    try sink.write(2..<4)
    sink.end()
    #expect(try scoreSeconds(path) == [2, 3])
    if how == "renamed" { #expect(try scoreSeconds(scratch.file("out/old")) == [0, 1]) }
    if how == "folder" { #expect(try scoreSeconds(scratch.file("old/a.jsonl")) == [0, 1]) }
  }

  /// Two folders are missing: nothing can be written until they are back. Then everything is written.
  @Test func folderThatVanishesIsWaitedFor() throws {
    let scratch = ScratchFolder()
    mkdir(scratch.file("disk"), 0o700)
    let path = scratch.file("disk/out/a.jsonl")
    let sink = try ScoreSink(["path": path])
    try sink.write(0..<2)
    rename(scratch.file("disk"), scratch.file("gone"))
    try sink.write(2..<5)
    #expect(sink.sink.logged.count { $0.contains("The node tries again; everything else runs on") } == 1)
    rename(scratch.file("gone"), scratch.file("disk"))
    try sink.wait { try scoreSeconds(path).count == 5 }
    sink.end()
    #expect(try scoreSeconds(path) == [0, 1, 2, 3, 4])
    #expect(sink.sink.logged.contains { $0.contains("is written again after") && $0.hasSuffix("no record is lost") })
  }

  /// More than fits in memory: the oldest lines are discarded, and a gap of the sink says which.
  @Test func linesThatWaitAreBounded() {
    var lines = WaitingLines(most: 1000)
    for second in Int64(0)..<20 {
      lines.add(
        WaitingLines.Line(Array(repeating: 1, count: 100), span: Span(begin: second, end: second + 1), time: second))
    }
    #expect(lines.count == 10 && lines.total == 10)
    lines.recordLoss { loss in
      #expect(loss == WaitingLines.Loss(count: 10, span: Span(begin: 0, end: 10)))
      return WaitingLines.Line([7], span: loss.span, time: 0)
    }
    #expect(lines.waiting.map(\.bytes.count) == [1] + Array(repeating: 100, count: 10))
    // The line that reports the loss is discarded, too: its content is not forgotten.
    lines.add(WaitingLines.Line(Array(repeating: 1, count: 100), span: Span(begin: 20, end: 21), time: 20))
    lines.recordLoss { loss in
      #expect(loss == WaitingLines.Loss(count: 11, span: Span(begin: 0, end: 11)))
      return WaitingLines.Line([7], span: loss.span, time: 0)
    }
    #expect(lines.total == 11)
  }

  /// A limit of the file's size simulates a full disk; it is for the whole process, so the test has its own process.
  @Test func fullDiskIsOverWhenThereIsRoomAgain() async {
    await #expect(processExitsWith: .success) {
      StandardStreams.secure()
      let scratch = ScratchFolder()
      let path = scratch.file("a.jsonl")
      let sink = try ScoreSink(["path": path])
      try sink.write(0..<1)
      let line = try Data(contentsOf: URL(fileURLWithPath: path)).count
      setFileLimit(line * 3 + line / 2)
      try sink.write(1..<6)
      #expect(try scoreSeconds(path) == [0, 1, 2], "whole lines")
      #expect(sink.sink.logged.count == 1)
      setFileLimit(nil)
      try sink.wait { try scoreSeconds(path).count == 6 }
      sink.end()
      #expect(try scoreSeconds(path) == [0, 1, 2, 3, 4, 5])
    }
  }

  @Test func lossIsAGapOfTheSink() async {
    await #expect(processExitsWith: .success) {
      StandardStreams.secure()
      let scratch = ScratchFolder()
      let path = scratch.file("a.jsonl")
      let sink = try ScoreSink(["path": path], machine: String(repeating: "m", count: 100_000))
      try sink.write(0..<1)
      let line = try Data(contentsOf: URL(fileURLWithPath: path)).count
      setFileLimit(line)
      let count = Int64(LineOutput.mostWaiting / line) + 20
      try sink.write(1..<count)
      setFileLimit(nil)
      try sink.wait { try Data(contentsOf: URL(fileURLWithPath: path)).count > 1 << 20 }
      sink.end()
      let all = try records(path)
      let gap = try #require(all.first { $0["kind"] as? String == "gap" })
      let lost = try #require(gap["count"] as? Int)
      #expect(gap["cause"] as? String == "sink" && gap["node"] as? String == "log")
      #expect(gap["begin"] as? Int == 48000 && gap["end"] as? Int == (lost + 1) * 48000)
      #expect(try scoreSeconds(path) == [0] + Array((lost + 1)..<Int(count)), "each is there, or counted")
    }
  }

  @Test(arguments: [#"{"kind":"score","be"#, #"{"kind":"clock"}"#, "{\"kind\":\"clock\"}\n{\"ki"])
  func tornEndIsMended(_ left: String) throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.jsonl")
    try Data(left.utf8).write(to: URL(fileURLWithPath: path))
    let sink = try ScoreSink(["path": path])
    try sink.write(3..<5)
    sink.end()
    #expect(try scoreSeconds(path) == [3, 4])
    #expect(try records(path).count == (left.hasPrefix(#"{"kind":"clock""#) ? 3 : 2), "what was whole stays")
    #expect(sink.sink.logged.count == 1)
  }

  /// A pipe without a reader delays nothing; its reader later finds complete lines.
  @Test func pipeWithoutReaderHoldsNobodyUp() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    let sink = try ScoreSink(["path": path])
    try sink.write(0..<2000)
    #expect(sink.sink.logged.count { $0.contains("does not take more") } == 1)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    try sink.wait {
      let count = read(reader, &piece, piece.count)
      if count > 0 { text += piece[..<count] }
      return text.count { $0 == 10 } >= 2000
    }
    let lines = text.split(separator: 10)
    #expect(lines.count == 2000 && lines.allSatisfy { $0.first == UInt8(ascii: "{") && $0.last == UInt8(ascii: "}") })
  }
}

/// The limit of file sizes of this process; nil: none.
private func setFileLimit(_ bytes: Int?) {
  var limit = rlimit(rlim_cur: bytes.map { rlim_t($0) } ?? rlim_t.max, rlim_max: rlim_t.max)
  setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
}
