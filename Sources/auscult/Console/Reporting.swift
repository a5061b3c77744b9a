import ArgumentParser
import GraphText

/// Runs the body of a command that words its errors in its own way (`--json`, `--quiet`), and ends it with status 1
/// after one.
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
