import SystemCalls

/// Another program, run to its end.
struct Program {
  var status: Int32
  /// What it wrote to standard output and standard error.
  var output: String

  /// - Parameter program: a path, or a name that is looked up on the PATH.
  static func run(_ program: String, _ arguments: [String], folder: String? = nil) throws -> Program {
    guard let outcome = ExternalProgram(program)?.run(arguments, folder: folder, errors: .amongOutput) else {
      throw CannotRun(program: program)
    }
    return Program(status: outcome.status, output: String(decoding: outcome.output, as: UTF8.self))
  }

  struct CannotRun: Error { var program: String }
}
