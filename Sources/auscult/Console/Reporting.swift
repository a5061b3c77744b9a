import ArgumentParser
import GraphText

/// Runs the body of a command that prints its own errors (`--json`, `--quiet`). After an error, the command ends with
/// status 1.
func reporting(_ console: Console, _ body: () throws -> Void) throws {
  do {
    try body()
  } catch let failure as Failure {
    console.error(failure.text, advice: failure.advice)
    throw ExitCode.failure
  } catch let error as DiagnosticsError {
    console.show(error.diagnostics)
    throw ExitCode.failure
  }
}
