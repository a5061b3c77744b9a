import Foundation
import NodeHost
import SystemCalls

/// Plugins that a test compiles with the system's C compiler, which exists wherever Swift does.
public enum CompiledPlugin {
  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  /// Compiles one C file of Tests/Fixtures/plugins into a shared object.
  ///
  /// - Parameters:
  ///   - source: relative to Tests/Fixtures/plugins.
  ///   - flags: such as `-DNAME=value`.
  public static func build(_ source: String, flags: [String] = [], into path: String) throws {
    let fixtures = BuildFolder.package + "/Tests/Fixtures/plugins/"
    try run(
      "cc", ["-shared", "-fPIC", "-I", headers, "-o", path, fixtures + source] + flags)
  }

  /// The folder of node.h.
  public static let headers = BuildFolder.package + "/Sources/CNodeABI/include"

  /// Runs a program to its end; on failure throws its output.
  @discardableResult
  public static func run(_ program: String, _ arguments: [String]) throws -> String {
    guard let outcome = ExternalProgram(program)?.run(arguments, errors: .amongOutput) else {
      throw Failure(description: "\(program) cannot be run")
    }
    let output = String(decoding: outcome.output, as: UTF8.self)
    guard outcome.status == 0 else {
      throw Failure(description: "\(program) \(arguments.joined(separator: " ")) failed: \(output)")
    }
    return output
  }

  /// Classes with fixed declarations, for tests of graph files.
  public static let declared: PluginCatalog = {
    do {
      let folder = try TemporaryFolder()
      defer { folder.remove() }
      try build("declared/classes.c", into: folder.path + "/libauscult-declared.so")
      return PluginCatalog(searchPath: [folder.path])
    } catch {
      fatalError("\(error)")
    }
  }()
}

/// A folder for one test.
public struct TemporaryFolder: Sendable {
  public let path: String

  public init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("auscult-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  public func write(_ name: String, _ content: String) throws {
    try Data(content.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
  }

  public func remove() { try? FileManager.default.removeItem(atPath: path) }
}
