import Foundation
import TestSupport
import Testing

@Suite struct HelpTests {
  private let auscult = Command(ScratchFolder())

  private static let commands = [
    "run", "check", "nodes", "status", "stop", "bench", "schema", "graph", "apply", "swap", "set", "rollback", "shadow",
    "promote", "discard", "train", "calibrate", "adapt", "evaluate", "compare", "record", "clips", "cut", "accept",
    "history", "trend", "doctor", "top", "serve", "conformance", "new-node", "declare",
  ]

  @Test(arguments: commands)
  func everyCommandExplainsItself(name: String) throws {
    let outcome = try auscult(name, "--help")
    #expect(outcome.status == 0)
    #expect(outcome.err == "")
    #expect(outcome.out.hasPrefix("OVERVIEW: "))
    #expect(outcome.out.contains("Example"))
    #expect(outcome.out.contains("  auscult \(name)"))
    #expect(outcome.out.contains("USAGE: auscult \(name)"))
    #expect(outcome.out.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.hasPrefix("USAGE") })
  }

  @Test func theRootNamesEveryCommand() throws {
    let outcome = try auscult("--help")
    #expect(outcome.status == 0)
    for name in Self.commands {
      #expect(outcome.out.contains("\n  \(name) "), "\(name) is missing")
    }
  }

  @Test func versionAndCompletion() throws {
    let version = try auscult("--version").out
    let begin = /auscult \d+\.\d+\.\d+\nbuild +[0-9a-f]{40} .*\nplugin ABI +\d+\.\d+\n/
    #expect(version.prefixMatch(of: begin) != nil, "\(version)")
    #expect(version.contains("/libjack.so."), "\(version)")
    for shell in ["bash", "zsh", "fish"] {
      let outcome = try auscult("--generate-completion-script", shell)
      #expect(outcome.status == 0)
      #expect(outcome.out.contains("auscult"))
    }
  }

  @Test(arguments: [
    (["run"], "Error: Missing expected argument '<graph>'"),
    (["frobnicate"], "Error: Unexpected argument 'frobnicate'"),
    (["check"], "Error: Missing expected argument '<graph> ...'"),
    (["run", "g.yaml", "--frob"], "Error: Unknown option '--frob'. Did you mean '--jobs'?"),
    (
      ["run", "g.yaml", "--rate", "44100"],
      "Error: --rate is for --start-server and --offline: a JACK server and a file have their own."
    ),
    (
      ["run", "g.yaml", "--period", "64"],
      "Error: --period is for --start-server and files: a JACK server has its own."
    ),
    (["run", "g.yaml", "--start-server", "--period", "64,128"], "Error: A JACK server has one --period."),
    (
      ["run", "g.yaml", "--name", "../fan"],
      "Error: --name: '../fan' can't be the name of a run: 1 to 48 bytes, no ':', no '/', nothing unprintable, and no "
        + "'.' at the beginning"
    ),
    (
      ["run", "g.yaml", "--start-server", "--reconnect"],
      "Error: --reconnect does not go with --start-server: a private server does not come back."
    ),
    (["run", "g.yaml", "--input", "a.wav", "--name", "x"], "Error: --name is for live runs."),
    (
      ["run", "g.yaml", "--input", "a.wav", "--duration", "1"], "Error: --duration is not for files: they have an end."
    ),
    (["run", "g.yaml", "--audio-folder", "x"], "Error: --audio-folder is for runs without JACK."),
    (
      ["run", "g.yaml", "--offline"], "Error: --offline needs --duration: a graph that makes its own sound has no end."
    ),
    (
      ["run", "g.yaml", "--offline", "--duration", "1", "--input", "a.wav"],
      "Error: --offline is for graphs that make their own sound; it excludes --input."
    ),
    (["run", "g.yaml", "--quiet", "--verbose"], "Error: --quiet and --verbose exclude each other."),
    (["run", "g.yaml", "--duration", "0"], "Error: The value '0' is invalid for '--duration <time>'"),
    (["run", "g.yaml", "--duration", "5 parsecs"], "Error: The value '5 parsecs' is invalid for '--duration <time>'"),
    (["check", "g.yaml", "--rate", "0"], "Error: The value '0' is invalid for '--rate <rate>'"),
    (["run", "g.yaml", "--period", "0"], "Error: The value '0' is invalid for '--period <frames>'"),
    (["bench", "g.yaml", "--period", "1,2"], "Error: bench measures one --period."),
    (
      ["bench", "g.yaml", "--machines", "--swap", "a.b=1"],
      "Error: --swap runs on noise, alone: it excludes --input and --machines."
    ),
    (["bench", "g.yaml", "--input", "a.wav", "--rate", "8000"], "Error: --rate is for noise: a file has its own."),
  ])
  func wrongUsageIsStatus64(arguments: [String], message: String) throws {
    let outcome = try auscult.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.out == "")
    #expect(outcome.err.hasPrefix(message + "\n"), "\(outcome.err)")
    #expect(outcome.err.contains("Usage: auscult"))
  }
}
