import Foundation

/// Another program, run to its end.
struct Program {
  var status: Int32
  /// What it wrote to standard output and standard error.
  var output: String

  /// - Parameter program: a path, or a name that is looked up on the PATH.
  static func run(_ program: String, _ arguments: [String], folder: String? = nil) throws -> Program {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Program(status: process.terminationStatus, output: output)
  }
}
