import CNodeABI
import Foundation
import Glibc
import OutputFiles
import Records
import TestSupport
import Testing

/// Files that an output must not touch, and files that it keeps.
@Suite struct OutputSafetyTests {
  @Test func fileThatIsWrittenIsLocked() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.jsonl")
    let first = try ScoreSink(["path": path])
    try first.write(0..<1)
    try #require(link(path, scratch.file("b.jsonl")) == 0)
    for other in ["a.jsonl", "./a.jsonl", "b.jsonl"] {
      let problem = #expect(throws: SinkHarness.Failure.self) {
        try ScoreSink(["path": scratch.file(other), "append": "false"])
      }
      #expect(problem?.text.hasSuffix("is being written by this run: give this output another path") ?? false)
    }
    first.end()
    #expect(try scoreSeconds(path) == [0])
  }

  @Test func fileThatAnotherProcessLocksIsRefused() async throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.wav")
    let holder = Process()
    holder.executableURL = URL(fileURLWithPath: "/bin/sh")
    holder.arguments = ["-c", "exec 9>>'\(path)'; flock 9 && echo held && exec sleep 60"]
    let output = Pipe()
    holder.standardOutput = output
    try holder.run()
    defer { holder.terminate() }
    try #require(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "held\n")
    let file = OutputFile(path: path, kind: .wav)
    let problem = #expect(throws: FileProblem.self) { try file.open() }
    #expect(problem?.description.contains("is being written by ") ?? false)
    #expect(FileLock.look(path) != .taken)
    holder.terminate()
    holder.waitUntilExit()
    try file.open()
  }

  @Test(arguments: ["sink.jsonl", "sink.npy", "sink.wav"]) func anotherKindOfFileIsRefused(_ sink: String) throws {
    let scratch = ScratchFolder()
    for (name, text) in [
      ("graph.yaml", "graph: a\n"), ("data.json", #"{"name":1}"#), ("zeros", String(repeating: "\0", count: 5000)),
    ] {
      let path = scratch.file(name)
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      for append in ["true", "false"] {
        #expect(throws: SinkHarness.Failure.self) { try SinkHarness(sink, ["path": path, "append": append]) }
      }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
  }

  @Test func placesThatAreNoFilesAreRefused() throws {
    let scratch = ScratchFolder()
    let socketPath = scratch.file("socket")
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(socketPath.utf8)) }
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    for path in [scratch.path, socketPath, "/dev/mem"] where access(path, F_OK) == 0 {
      #expect(throws: SinkHarness.Failure.self) { try SinkHarness("sink.jsonl", ["path": path]) }
    }
    for path in ["/dev/null", "/dev/zero"] {
      let sink = try ScoreSink(["path": path])
      try sink.write(0..<2)
      sink.end()
    }
  }

  /// A link stays a link: its target is written, and its parts are numbered in the target's folder.
  @Test func linksAreFollowed() throws {
    let scratch = ScratchFolder()
    mkdir(scratch.file("data"), 0o700)
    try #require(symlink("data/b.jsonl", scratch.file("a.jsonl")) == 0)
    let sink = try ScoreSink(["path": scratch.file("a.jsonl"), "rotate": "2 s"])
    try sink.write(0..<3)
    sink.end()
    #expect(try scoreSeconds(scratch.file("data/b.1.jsonl")) == [0, 1])
    #expect(try scoreSeconds(scratch.file("data/b.jsonl")) == [2])
    #expect(try scoreSeconds(scratch.file("a.jsonl")) == [2])
  }

  @Test func partsAreNeverReplacedAndTheirNumbersGoOn() throws {
    let scratch = ScratchFolder()
    mkdir(scratch.file("a.3.jsonl"), 0o700)
    try #require(symlink("nowhere", scratch.file("a.5.jsonl")) == 0)
    let sink = try ScoreSink(["path": scratch.file("a.jsonl"), "rotate": "1 s"])
    try sink.write(0..<3)
    sink.end()
    #expect(try scoreSeconds(scratch.file("a.6.jsonl")) == [0])
    #expect(try scoreSeconds(scratch.file("a.7.jsonl")) == [1])
    #expect(access(scratch.file("a.1.jsonl"), F_OK) != 0)
  }

  @Test func soManyPartsAreKept() throws {
    let scratch = ScratchFolder()
    // Not parts of this output, even with names like parts.
    let others = ["a.1.jsonl", "a.02.jsonl", "a.old.jsonl", "a.jsonl.1"]
    for name in others { try Data(#"{"kind":"clock"}"#.utf8).write(to: URL(fileURLWithPath: scratch.file(name))) }
    for begin in [Int64(0), 5] {
      let sink = try ScoreSink(["path": scratch.file("a.jsonl"), "rotate": "1 s", "keep_parts": "2"])
      try sink.write(begin..<(begin + 5))
      sink.end()
    }
    #expect(others.allSatisfy { access(scratch.file($0), F_OK) == 0 })
    let parts = try FileManager.default.contentsOfDirectory(atPath: scratch.path).filter {
      $0.hasPrefix("a.") && !others.contains($0)
    }
    #expect(parts.sorted() == ["a.10.jsonl", "a.11.jsonl", "a.jsonl"])
    #expect(try scoreSeconds(scratch.file("a.jsonl")) == [9])
  }

  /// A part stays if another program has written to it, or if it is being read.
  @Test func partsThatOthersNeedStay() throws {
    let scratch = ScratchFolder()
    let sink = try ScoreSink(["path": scratch.file("a.jsonl"), "rotate": "1 s", "keep_parts": "2"])
    try sink.write(0..<3)
    let handle = try #require(FileHandle(forWritingAtPath: scratch.file("a.1.jsonl")))
    handle.seekToEndOfFile()
    handle.write(Data("{\"kind\":\"note\"}\n".utf8))
    let reader = open(scratch.file("a.2.jsonl"), O_RDONLY)
    flock(reader, LOCK_SH)
    try sink.write(3..<8)
    sink.end()
    close(reader)
    #expect(access(scratch.file("a.1.jsonl"), F_OK) == 0 && access(scratch.file("a.2.jsonl"), F_OK) == 0)
    #expect(access(scratch.file("a.3.jsonl"), F_OK) != 0)
  }

  @Test(arguments: ["sink.jsonl", "sink.npy", "sink.wav"]) func allPartsTogetherStayWithinASize(_ name: String) throws {
    let scratch = ScratchFolder()
    let folder = scratch.file("out")
    let sink = try SinkHarness(name, ["path": folder + "/a.x", "keep_bytes": "20 kB"])
    let isScore = name == "sink.jsonl"
    try sink.start([SinkHarness.Input(isScore ? AUSCULT_SCORE : AUSCULT_AUDIO, period: isScore ? 4800 : 1)])
    for step in Int64(0)..<300 {
      var tokens = SinkHarness.Tokens()
      tokens.heads = [auscult_head(origin: 0, index: isScore ? step : step * 100, segment: 0, flags: 0, generation: 1)]
      if isScore { tokens.scores = [[auscult_score()]] } else { tokens.values = [[Array(repeating: 0.5, count: 100)]] }
      tokens.complete = (step + 1) * 4800
      try sink.process([tokens])
      if step % 50 == 0 { #expect(try sizes(folder).reduce(0, +) <= 20_000) }
    }
    sink.deactivate()
    let sizes = try sizes(folder)
    #expect(sizes.reduce(0, +) <= 20_000 && sizes.count > 5, "\(sizes)")
  }

  private func sizes(_ folder: String) throws -> [Int] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("a.") }.map {
      try FileManager.default.attributesOfItem(atPath: folder + "/" + $0)[.size] as? Int ?? 0
    }
  }

  @Test(arguments: [
    (["keep_parts": "3"], "keep_parts"), (["rotate": "1 d", "keep_parts": "0"], "keep_parts"),
    (["keep_bytes": "much"], "keep_bytes"), (["keep_bytes": "1 d"], "keep_bytes"),
    (["rotate": "2 GB", "keep_bytes": "1 GB"], "keep_bytes"),
  ])
  func limitsThatAreNoneAreRefused(_ arguments: [String: String], _ parameter: String) {
    let problem = #expect(throws: SinkHarness.Failure.self) {
      try SinkHarness("sink.jsonl", ["path": "/tmp/x.jsonl"].merging(arguments) { $1 })
    }
    #expect(problem?.parameter == parameter)
  }
}
