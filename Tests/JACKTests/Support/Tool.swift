import Foundation
import Glibc

/// JACK's own programs as peers, each with a hard time limit.
enum Tool {
  struct Result {
    var status: Int32
    var output: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  /// Runs a program against a server and waits for its end.
  @discardableResult
  static func run(_ program: String, _ arguments: [String], server: String, seconds: Int = 60) throws -> Result {
    let (process, pipe) = try start(program, arguments, server: server, seconds: seconds)
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Result(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
  }

  /// Starts a program that runs during the test; coreutils' `timeout` ends it at the latest.
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

  /// Ends the program that `start` started, with the group that `timeout` made for it. Weaker signals are blocked
  /// there, as on the thread that started it.
  static func end(_ process: Process) {
    kill(-process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}

extension Pipe {
  /// The output since the last look; does not wait for more.
  func whatHasCome() -> String {
    let descriptor = fileHandleForReading.fileDescriptor
    var come: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 4096)
    var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&wait, 1, 0) > 0 {
      let count = read(descriptor, &bytes, bytes.count)
      if count <= 0 { break }
      come += bytes[..<count]
    }
    return String(decoding: come, as: UTF8.self)
  }
}
