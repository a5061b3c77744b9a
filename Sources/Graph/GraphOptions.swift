import FoundationEssentials
import Glibc
import GraphText

/// How to read a graph.
public struct GraphOptions: Sendable {
  /// Treats a missing model file as an error (`run`), or as a warning (`check`, `train`).
  public var missingFilesAreErrors: Bool
  /// Code that the graph names may run: libraries of `library:` are loaded, and nodes may start programs. Otherwise the graph
  /// is made of what the files of these libraries declare, and is partial. Libraries in the folders of plugins are loaded all
  /// the same.
  public var runsNamedCode = true
  /// The values of `${env:NAME}`.
  public var environment: [String: String]
  /// Absolute. Output paths and the paths of overrides are relative to it.
  public var workingDirectory: String
  /// Texts to use instead of the files' present content: those of a graph that was read before.
  public var contents: [String: String] = [:]
  /// Overrides that replace the file's values and the command line's overrides. Later ones replace earlier ones.
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
