import ArgumentParser

/// How much a command prints on standard error.
struct ConsoleOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Print no progress and no notes: only results, warnings and errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Print more, to find out what is wrong.")
  var verbose = false

  func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other.") }
  }

  func console(isJSON: Bool) -> Console {
    LibraryOutput.isJSON.store(isJSON, ordering: .relaxed)
    return Console(level: quiet ? .warning : verbose ? .debug : .info, isJSON: isJSON)
  }
}
