import SystemCalls

/// The program `dot`, which lays out graphs and draws them.
enum Graphviz {
  static func svg(_ dot: String) throws -> String {
    guard let program = ExternalProgram("dot") else {
      throw Failure(
        "drawing SVG needs the program `dot`, which is not installed",
        advice: "install Graphviz (on Debian and Ubuntu: the package graphviz), or use --format dot")
    }
    guard let outcome = program.run(["-Tsvg"], input: Array(dot.utf8), errors: .shown) else {
      throw Failure("\(program.path) cannot be started")
    }
    guard outcome.status == 0 else { throw Failure("\(program.path) failed with status \(outcome.status)") }
    return String(decoding: outcome.output, as: UTF8.self)
  }
}
