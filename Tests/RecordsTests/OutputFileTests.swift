import CNodeABI
import Foundation
import OutputFiles
import Records
import TestSupport
import Testing

private let input = SinkHarness.Input(AUSCULT_SCORE, period: 48000)

/// A sink that has written scores for seconds 0, 1, 2 ...
private func write(_ seconds: Range<Int64>, _ arguments: [String: String]) throws {
  let sink = try SinkHarness("sink.jsonl", arguments)
  try sink.start([input])
  for second in seconds {
    var tokens = SinkHarness.Tokens()
    tokens.heads = [auscult_head(origin: 0, index: second, segment: 0, flags: 0, generation: 1)]
    tokens.scores = [[auscult_score()]]
    tokens.complete = (second + 1) * 48000
    try sink.process([tokens])
  }
  sink.deactivate()
}

private func begins(_ path: String) throws -> [Int] {
  try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
    let record = try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    return try #require(record["begin"] as? Int) / 48000
  }
}

@Suite struct OutputFileTests {
  @Test func fileIsContinuedUnlessReplaced() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.jsonl")
    try write(0..<3, ["path": path])
    try write(5..<7, ["path": path])
    #expect(try begins(path) == [0, 1, 2, 5, 6])
    try write(8..<9, ["path": path, "append": "false"])
    #expect(try begins(path) == [8])
  }

  @Test func rotatesBySize() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.b.jsonl")
    try write(0..<1, ["path": path])
    let line = try Data(contentsOf: URL(fileURLWithPath: path)).count
    unlink(path)
    try write(0..<7, ["path": path, "rotate": "\(3 * line + 20) B"])
    #expect(try begins(scratch.file("a.b.1.jsonl")) == [0, 1, 2])
    #expect(try begins(scratch.file("a.b.2.jsonl")) == [3, 4, 5])
    #expect(try begins(path) == [6])
    try write(9..<14, ["path": path, "rotate": "\(3 * line + 20) B"])
    #expect(try begins(scratch.file("a.b.3.jsonl")) == [6, 9, 10], "parts of the run before stay")
    #expect(try begins(path) == [11, 12, 13])
  }

  @Test func rotatesByTime() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a")
    try write(0..<5, ["path": path, "rotate": "2 s"])
    #expect(try begins(scratch.file("a.1")) == [0, 1])
    #expect(try begins(scratch.file("a.2")) == [2, 3])
    #expect(try begins(path) == [4])
  }

  @Test(arguments: ["", "ten", "10", "10 MBit", "-1 MB", "0 s", "1e3 s", "9999999999999 GB"])
  func limitThatIsNoneIsRefused(_ text: String) throws {
    #expect(throws: SinkHarness.Failure.self) {
      try SinkHarness("sink.jsonl", ["path": "/tmp/x.jsonl", "rotate": text])
    }
  }

  @Test func limitsAreRead() throws {
    #expect(try RotationLimit("100 MB") == .bytes(100_000_000))
    #expect(try RotationLimit("1.5KiB") == .bytes(1536))
    #expect(try RotationLimit("1 d") == .seconds(86400))
    #expect(try RotationLimit("0.5 h") == .seconds(1800))
  }

  @Test func folderIsMadeWhereOnlyTheLastIsMissing() throws {
    let scratch = ScratchFolder()
    try write(0..<1, ["path": scratch.file("made/a.jsonl")])
    #expect(try begins(scratch.file("made/a.jsonl")) == [0])
    let missing = scratch.file("no/made/a.jsonl")
    let problem = #expect(throws: SinkHarness.Failure.self) { try write(0..<1, ["path": missing]) }
    #expect(
      problem?.text
        == "the folder \(scratch.path)/no/made cannot be made: \(scratch.path)/no does not exist either; make it first")
    #expect(problem?.parameter == "path")
    let folder = #expect(throws: SinkHarness.Failure.self) { try write(0..<1, ["path": scratch.path]) }
    #expect(folder?.text == "cannot open \(scratch.path): Is a directory; give the path of a file in it")
  }

  /// Hosts make `-` absolute like any other path.
  @Test func dashIsStandardOutput() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      try write(0..<2, ["path": "/some/folder/-"])
    }
    let text = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    #expect(text.split(separator: "\n").filter { $0.hasPrefix(#"{"kind":"score""#) }.count == 2)
    let sink = try? SinkHarness("sink.jsonl", ["path": "-", "rotate": "1 d"])
    #expect(sink?.logged == ["standard output has no parts: `rotate` is ignored"])
  }

  /// Without a deadline, or at the end, a failed write is an error.
  @Test func fullDiskIsAnErrorAtTheEnd() throws {
    let sink = try SinkHarness("sink.jsonl", ["path": "/dev/full"])
    try sink.start([input])
    var tokens = SinkHarness.Tokens()
    tokens.heads = [auscult_head()]
    tokens.scores = [[auscult_score()]]
    tokens.complete = 48000
    try sink.process([tokens])
    let text = "cannot write /dev/full: No space left on device; make room on the disk, or write elsewhere"
    #expect(sink.logged == ["\(text). The node tries again; everything else runs on"])
    try sink.process([tokens])
    #expect(sink.logged.count == 1, "it is said once")
    tokens.isEnd = true
    let problem = #expect(throws: SinkHarness.Failure.self) { try sink.process([tokens]) }
    #expect(problem?.text == "\(text). 3 records are lost")
  }

  /// The limit of a file's size simulates a disk that fills up: a write stops in the middle of a line. The limit is for
  /// the whole process, so the test has its own process.
  @Test func fullDiskLeavesWholeLines() async {
    await #expect(processExitsWith: .success) {
      let scratch = ScratchFolder()
      let path = scratch.file("a.jsonl")
      let file = OutputFile(path: path, kind: .jsonLines)
      try file.open()
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 1000, rlim_max: rlim_t.max)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let line = Array(String(repeating: "x", count: 299).utf8) + [10]
      let problem = #expect(throws: FileProblem.self) { try file.write(line + line + line + line) }
      #expect(
        problem?.description
          == "cannot write \(path): File too large; use `rotate`, or raise the limit (ulimit -f)")
      #expect(file.size == 900)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(line + line + line))
    }
  }
}
