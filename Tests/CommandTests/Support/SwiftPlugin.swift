import Foundation
import TestSupport

/// Plugins in Swift that a test compiles against the NodeKit of this build, which takes seconds instead of a minute.
enum SwiftPlugin {
  /// - Parameters:
  ///   - source: path of the one Swift file.
  ///   - path: of the library.
  static func build(_ source: String, into path: String) throws {
    let kit = try ["NodeKit", "NodeABI", "CKernels"].flatMap { module in
      let objects = BuildFolder.path + "/\(module).build"
      return try FileManager.default.contentsOfDirectory(atPath: objects)
        .filter { $0.hasSuffix(".o") }.map { objects + "/" + $0 }
    }
    try CompiledPlugin.run(
      "swiftc",
      [
        "-O", "-parse-as-library", "-swift-version", "6", "-warnings-as-errors", "-emit-library", "-module-name",
        "AuscultNode", "-o", path, "-I", BuildFolder.path + "/Modules", "-I", CompiledPlugin.headers, "-I",
        BuildFolder.package + "/Sources/CRealtime/include", "-I", BuildFolder.package + "/Sources/CKernels/include",
        "-Xlinker", "--build-id=sha1", source,
      ] + kit)
  }
}
