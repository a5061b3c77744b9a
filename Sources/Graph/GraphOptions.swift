import Foundation
import GraphText

/// How a graph is read.
public struct GraphOptions: Sendable {
  /// A model file that does not exist: an error (`run`), or a warning (`check`, `train`).
  public var missingFilesAreErrors: Bool
  /// What `${env:NAME}` is replaced from.
  public var environment: [String: String]
  /// Absolute; output paths and the paths of overrides count from it.
  public var workingDirectory: String
  /// Texts to take in place of what files hold by now: of a graph that was read before.
  public var contents: [String: String] = [:]
  /// What wins over the file and the command line's overrides, each over those before it.
  public var laterOverrides: [OverrideText] = []

  public init(
    missingFilesAreErrors: Bool = true, environment: [String: String] = ProcessInfo.processInfo.environment,
    workingDirectory: String = FileManager.default.currentDirectoryPath
  ) {
    self.missingFilesAreErrors = missingFilesAreErrors
    self.environment = environment
    self.workingDirectory = workingDirectory
  }
}
