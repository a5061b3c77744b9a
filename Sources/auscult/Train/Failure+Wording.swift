import GraphText
import Training

extension Failure {
  /// Turns an error of training, or of a live run, into a command's failure.
  static func wording(_ error: any Error) -> any Error {
    switch error {
    case let error as TrainingError: Failure(error.description)
    case let error as Interrupted: Failure(error.description)
    case is DiagnosticsError, is Failure: error
    default: Failure("\(error)")
    }
  }

  static func wording<T>(_ body: () throws -> T) throws -> T {
    do { return try body() } catch { throw wording(error) }
  }
}
