import Foundation
import RunControl
import TestSupport
import Testing

@Suite struct PictureTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }

  @Test func schemaIsJSON() throws {
    let outcome = try auscult("schema")
    #expect(outcome.status == 0)
    #expect(outcome.err == "")
    let schema = try JSONValue(parsing: Array(outcome.out.utf8))
    #expect(schema["$schema"]?.text?.hasPrefix("https://json-schema.org/") == true)
    #expect(outcome.out.contains("\"sink.null\""))
  }

  @Test func dotToTheLetter() throws {
    try folder.write("plain.yaml", plainGraph)
    let outcome = try auscult("graph", "plain.yaml", "--format", "dot")
    #expect(outcome.status == 0)
    #expect(outcome.err == "")
    #expect(
      outcome.out == #"""
        digraph "plain" {
          rankdir=LR
          fontname="sans-serif"
          node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif", fontsize=11]
          edge [fontname="sans-serif", fontsize=9]
          subgraph cluster_realtime {
            label="realtime"; style=filled; color="#dbeafe"
            "mic" [label="mic\nsource"]
            "louder" [label="louder\ngain"]
          }
          subgraph cluster_worker {
            label="worker"; style=filled; color="#fef3c7"
            "end" [label="end\nsink.null"]
          }
          "mic" -> "louder" [label="audio\n1 channel\n48000 Hz"]
          "louder" -> "end" [label="audio\n1 channel\n48000 Hz"]
        }

        """#)
  }

  @Test func svgNeedsGraphviz() throws {
    try folder.write("plain.yaml", plainGraph)
    var poor = auscult
    poor.environment["PATH"] = folder.path
    let outcome = try poor("graph", "plain.yaml", "--format", "svg")
    #expect(outcome.status == 1)
    #expect(outcome.out == "")
    #expect(
      outcome.err == """
        auscult: error: drawing SVG needs the program `dot`, which is not installed
          install Graphviz (on Debian and Ubuntu: the package graphviz), or use --format dot

        """)
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/dot"), "Graphviz is not installed"))
  func svg() throws {
    try folder.write("watch.yaml", watchGraph)
    let outcome = try auscult("graph", "watch.yaml", "--format", "svg", "--rate", "16kHz")
    #expect(outcome.status == 0)
    #expect(outcome.out.contains("<svg"))
    #expect(outcome.out.contains("judge"))
    #expect(!folder.contains("log.jsonl"))
  }

  @Test func aReaderThatGoesAwayIsNoError() throws {
    let ends = Pipe()
    let process = try auscult.prepared(["schema"])
    process.standardOutput = ends.fileHandleForWriting
    let errors = folder.scratch()
    process.standardError = FileHandle(forWritingAtPath: errors)
    try ends.fileHandleForReading.close()
    try process.runWithin(seconds: 30)
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 0)
    #expect(try String(contentsOfFile: errors, encoding: .utf8) == "")
  }

  @Test func aFullDiskUnderStandardOutputIsAnError() throws {
    let process = try auscult.prepared(["schema"])
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    let errors = folder.scratch()
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.runWithin(seconds: 30)
    #expect(process.terminationStatus == 1)
    #expect(
      try String(contentsOfFile: errors, encoding: .utf8)
        == "auscult: error: cannot write to standard output: No space left on device\n")
  }
}
