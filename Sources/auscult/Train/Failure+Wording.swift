import GraphText
import Training

extension Failure {
  /// An error of training, or of a live run, in a command's words.
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
