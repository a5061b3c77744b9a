import Foundation
import NodeHost

/// The plugins that were built beside the tests.
public enum TestPlugins {
  /// Folder of the built products: where the test bundle lies, or AUSCULT_BUILD_DIR.
  public static let folder: String = {
    if let folder = ProcessInfo.processInfo.environment["AUSCULT_BUILD_DIR"] { return folder }
    let candidates = CommandLine.arguments.map { ($0 as NSString).deletingLastPathComponent }
    for candidate in candidates where contains(candidate) { return candidate }
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return (executable as NSString).deletingLastPathComponent
  }()

  /// Every class of theirs.
  public static let catalog = PluginCatalog(searchPath: [folder])

  private static func contains(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: folder + "/libauscult-source.so")
  }
}
