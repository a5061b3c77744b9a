import Foundation

/// JACK's own programs as peers, each with a hard time limit.
enum Tool {
  struct Result {
    var status: Int32
    var output: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  /// Runs a program against a server and waits for its end.
  @discardableResult
  static func run(_ program: String, _ arguments: [String], server: String, seconds: Int = 10) throws -> Result {
    let (process, pipe) = try start(program, arguments, server: server, seconds: seconds)
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Result(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
  }

  /// Starts a program that runs beside the test; coreutils' `timeout` ends it, at the latest.
  ///
  /// - Parameter signal: jack_iodelay does not return from its own handler of SIGINT and SIGTERM: KILL.
  static func start(
    _ program: String, _ arguments: [String], server: String, seconds: Int, signal: String = "INT"
  ) throws -> (process: Process, output: Pipe) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["timeout", "-s", signal, "-k", "2", "\(seconds)", program] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["JACK_DEFAULT_SERVER": server]) { $1 }
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return (process, pipe)
  }
}
