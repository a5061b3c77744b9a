import Foundation
import NodeHost

/// The folder of the package's products: plugins and executables of the tested build.
public enum BuildFolder {
  public static let path: String = find()

  /// The package's folder.
  public static let package: String = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// `AUSCULT_BUILD_DIR`, else the folder of the test executable, which `swift test` puts beside the products.
  private static func find() -> String {
    if let folder = ProcessInfo.processInfo.environment["AUSCULT_BUILD_DIR"] { return folder }
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    for candidate in [executable] + CommandLine.arguments {
      let folder = URL(fileURLWithPath: candidate).deletingLastPathComponent().path
      if hasPlugins(folder) { return folder }
    }
    fatalError("no plugins beside \(executable); set AUSCULT_BUILD_DIR to the folder of the built products")
  }

  private static func hasPlugins(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: folder + "/libauscult-mixing.so")
  }
}

/// The standard nodes of this build.
public enum TestPlugins {
  public static let catalog = PluginCatalog(searchPath: [BuildFolder.path])
}
