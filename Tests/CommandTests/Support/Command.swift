import Dispatch
import Foundation
import TestSupport

/// The results of a run of `auscult`.
struct Outcome {
  var status: Int32
  /// Standard output and standard error.
  var out: String
  var err: String
}

/// The executable of this build, run as a user would: in its own working folder, with its own control sockets.
struct Command {
  static let path = BuildFolder.path + "/auscult"
  let folder: ScratchFolder
  var environment: [String: String] = [:]
  /// Signals that are ignored when it starts, by their shell names: "HUP INT".
  var ignoredSignals = ""

  init(_ folder: ScratchFolder) { self.folder = folder }

  /// Runs to the end, for at most `seconds`.
  func callAsFunction(_ arguments: String..., seconds: Int = 120) throws -> Outcome {
    try run(arguments, seconds: seconds)
  }

  func run(_ arguments: [String], seconds: Int = 120) throws -> Outcome {
    let (out, err) = (folder.scratch(), folder.scratch())
    let process = try prepared(arguments)
    process.standardOutput = FileHandle(forWritingAtPath: out)
    process.standardError = FileHandle(forWritingAtPath: err)
    try process.runWithin(seconds: seconds)
    return Outcome(
      status: process.terminationStatus, out: try String(contentsOfFile: out, encoding: .utf8),
      err: try String(contentsOfFile: err, encoding: .utf8))
  }

  /// A process that is ready to be started.
  func prepared(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Command.path)
    process.arguments = arguments
    if !ignoredSignals.isEmpty {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "trap '' \(ignoredSignals); exec \"$0\" \"$@\"", Command.path] + arguments
    }
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardInput = FileHandle.nullDevice
    var variables = ProcessInfo.processInfo.environment
    for name in ["AUSCULT_PLUGIN_PATH", "JACK_DEFAULT_SERVER", "COLUMNS"] { variables[name] = nil }
    variables["XDG_RUNTIME_DIR"] = folder.path
    // The tests ignore other runs of this user.
    variables["AUSCULT_CONTROL_PATH"] = folder.path + "/auscult"
    process.environment = variables.merging(environment) { $1 }
    return process
  }
}

struct TookTooLong: Error {
  var arguments: [String]
}

extension Process {
  /// Starts, waits for the end, and ends it when it takes too long.
  func runWithin(seconds: Int) throws {
    let hasEnded = DispatchSemaphore(value: 0)
    terminationHandler = { _ in hasEnded.signal() }
    try run()
    closeFiles()
    if hasEnded.wait(timeout: .now() + .seconds(seconds)) == .success { return }
    kill(processIdentifier, SIGKILL)
    hasEnded.wait()
    throw TookTooLong(arguments: arguments ?? [])
  }
}

/// The cells of a table's line: at least two spaces lie between them.
func cells(_ line: some StringProtocol) -> [String] {
  String(line).split(separator: /[ ]{2,}/).map(String.init)
}
