import Foundation
import Glibc
import TestSupport
import Testing

/// The files that commands write, and those that they must not replace.
@Suite struct OutputTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }

  init() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    try folder.write("noise.wav", wav((0..<48000).map { _ in Int16.random(in: -8000...8000, using: &random) }))
    try folder.write("watch.yaml", watchGraph.replacing(", append: false", with: ""))
  }

  @Test func aSecondRunContinues() throws {
    #expect(try auscult("run", "watch.yaml", "--input", "noise.wav", "-q").status == 0)
    let (log, bands) = (try folder.data("log.jsonl"), try folder.data("bands.npy"))
    #expect(try auscult("run", "watch.yaml", "--input", "noise.wav", "-q").status == 0)
    #expect(try folder.data("log.jsonl").starts(with: log))
    #expect(try folder.data("log.jsonl").count == 2 * log.count)
    #expect(try folder.data("bands.npy").count == 2 * bands.count - 128)
  }

  /// By the identity of the files: `./x`, links and hard links are the file itself. `check` reports the same as `run`.
  @Test(arguments: ["watch.yaml", "./parts/../watch.yaml", "soft", "hard", "parts/part.yaml", "noise.wav"])
  func whatTheRunReadsIsNotWrittenOver(_ path: String) throws {
    try folder.write("parts/part.yaml", "nodes:\n  extra: { type: sink.null }\nlinks: [judge -> extra]\n")
    try folder.write("watch.yaml", "include: [parts/part.yaml]\n" + watchGraph)
    symlink("watch.yaml", folder.path + "/soft")
    link(folder.path + "/watch.yaml", folder.path + "/hard")
    let before = (try folder.data("watch.yaml"), try folder.data("noise.wav"), try folder.data("parts/part.yaml"))
    let run = try auscult("run", "watch.yaml", "--input", "noise.wav", "--set", "log.path=\(path)")
    #expect(run.status == 1)
    #expect(run.err.contains("would be written over; give another path"), "\(run.err)")
    #expect(!folder.contains("bands.npy"), "nothing is begun")
    if path != "noise.wav" {
      #expect(try auscult("check", "watch.yaml", "--set", "log.path=\(path)").status == 1)
    }
    #expect(try folder.data("watch.yaml") == before.0 && folder.data("noise.wav") == before.1)
    #expect(try folder.data("parts/part.yaml") == before.2)
  }

  @Test func aPluginIsNotWrittenOver() throws {
    let plugin = BuildFolder.path + "/libauscult-records.so"
    let outcome = try auscult("check", "watch.yaml", "--set", "log.path=\(plugin)")
    #expect(outcome.status == 1 && outcome.err.contains("is the plugin of 'log'"))
  }

  @Test(arguments: ["log.jsonl", "./log.jsonl", "there/log.jsonl", "link.jsonl"])
  func twoNodesOfOneFileAreRefused(_ path: String) throws {
    symlink(".", folder.path + "/there")
    symlink("log.jsonl", folder.path + "/link.jsonl")
    try folder.write(
      "watch.yaml",
      watchGraph.replacing("links:", with: "  second: { type: sink.jsonl, path: \(path) }\nlinks:\n  - judge -> second")
    )
    for command in [["check", "watch.yaml"], ["run", "watch.yaml", "--input", "noise.wav"]] {
      let outcome = try auscult.run(command)
      #expect(outcome.status == 1)
      #expect(outcome.err.contains("watch.yaml:11:"), "\(outcome.err)")
      #expect(outcome.err.contains("'second' writes to the same file as 'log' (watch.yaml:10:"), "\(outcome.err)")
    }
    #expect(!folder.contains("log.jsonl"))
  }

  @Test func twoRunsOfOneFileAreRefused() throws {
    let holder = Process()
    holder.executableURL = URL(fileURLWithPath: "/bin/sh")
    holder.arguments = ["-c", "exec 9>>'\(folder.path)/log.jsonl'; flock 9 && echo held && exec sleep 60"]
    let output = Pipe()
    holder.standardOutput = output
    try holder.run()
    defer { holder.terminate() }
    try #require(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "held\n")
    for command in [["check", "watch.yaml"], ["run", "watch.yaml", "--input", "noise.wav"]] {
      let outcome = try auscult.run(command)
      #expect(outcome.status == 1)
      #expect(outcome.err.contains("log.jsonl is being written by "), "\(outcome.err)")
    }
  }

  @Test func trainingReplacesOnlyModels() throws {
    try folder.write(
      "train.yaml",
      watchGraph.replacing("type: detector.level, learn: 1 s", with: "type: detector.kmeans, model: m.safetensors"))
    try folder.write("normal/a.wav", try folder.data("noise.wav"))
    try folder.write("notes.txt", "notes")
    try #require(mkfifo(folder.path + "/pipe", 0o600) == 0)
    for output in ["normal/a.wav", "train.yaml", "notes.txt", "pipe", "/dev/null", "normal"] {
      let outcome = try auscult("train", "train.yaml", "--normal", "normal", "--output", output)
      #expect(outcome.status == 1, "\(output): \(outcome.err)")
    }
    #expect(try folder.text("notes.txt") == "notes")
    #expect(try folder.data("normal/a.wav") == folder.data("noise.wav"))
    for _ in 0..<2 {
      let outcome = try auscult("train", "train.yaml", "--normal", "normal", "--output", "m.safetensors")
      #expect(outcome.status == 0, "a model is replaced: \(outcome.err)")
    }
  }

  /// With a closed standard descriptor, records never flow into another file; nor are they lost without a message.
  @Test(arguments: [">&-", "<&- >&- 2>&-"]) func closedDescriptorsAreHarmless(_ closed: String) throws {
    try folder.write(
      "both.yaml",
      watchGraph.replacing("path: log.jsonl", with: "path: \"-\"").replacing(
        "sink.npy, path: bands.npy", with: "sink.wav, path: a.wav"
      )
      .replacing("level -> bands", with: "mic -> bands"))
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", "'\(Command.path)' run both.yaml --input noise.wav -q 2> err \(closed)"]
    shell.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    try shell.runWithin(seconds: 60)
    #expect(shell.terminationStatus == 1)
    if closed == ">&-" { #expect(try folder.text("err").contains("standard output: Bad file descriptor")) }
    let sound = try folder.data("a.wav")
    #expect(sound.starts(with: Data("RIFF".utf8)) && sound.count == 56 + 4 * 48000)
  }

  /// Over files there is time: a reader that opens a pipe late still gets everything.
  @Test func pipeIsReadToItsEnd() throws {
    try folder.write("pipe.yaml", watchGraph.replacing("path: log.jsonl", with: "path: pipe"))
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = [
      "-c",
      """
      mkfifo pipe; '\(Command.path)' run pipe.yaml --input noise.wav 2> err & run=$!
      until grep 'waits for somebody to read' err; do sleep 0.05; done
      cat pipe > got; wait $run
      """,
    ]
    shell.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    try shell.runWithin(seconds: 60)
    #expect(shell.terminationStatus == 0)
    try #expect(auscult("run", "watch.yaml", "--input", "noise.wav").status == 0)
    let lines = { (name: String) in try folder.text(name).split(separator: "\n").count }
    #expect(try lines("got") > 0 && lines("got") == lines("log.jsonl"))
  }

  @Test func sizeLimitIsAnErrorAndNoSignal() throws {
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", "ulimit -f 4; '\(Command.path)' run watch.yaml --input noise.wav > out 2> err"]
    shell.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    try shell.runWithin(seconds: 60)
    #expect(shell.terminationReason == .exit && shell.terminationStatus == 1)
    #expect(try folder.text("err").contains("File too large; use `rotate`, or raise the limit (ulimit -f)"))
    #expect(try folder.data("log.jsonl").last == UInt8(ascii: "\n"))
  }
}
