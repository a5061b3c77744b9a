import Foundation

/// The program `dot`, which lays out graphs and draws them.
enum Graphviz {
  /// Draws.
  static func svg(_ dot: String) throws -> String {
    guard let program = find() else {
      throw Failure(
        "drawing SVG needs the program `dot`, which is not installed",
        advice: "install Graphviz (on Debian and Ubuntu: the package graphviz), or use --format dot")
    }
    let process = Process()
    let (input, output) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["-Tsvg"]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    // On a thread of its own: `dot` may write before it has read everything.
    Thread.detachNewThread {
      try? input.fileHandleForWriting.write(contentsOf: Data(dot.utf8))
      try? input.fileHandleForWriting.close()
    }
    let picture = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure("\(program) failed with status \(process.terminationStatus)")
    }
    return String(decoding: picture, as: UTF8.self)
  }

  private static func find() -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/dot" }.first { access($0, X_OK) == 0 }
  }
}
