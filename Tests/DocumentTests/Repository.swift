import Foundation

/// The repository's files, as a reader of its documents looks for them.
enum Repository {
  static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  static func text(_ file: String) throws -> String { try String(contentsOfFile: "\(path)/\(file)", encoding: .utf8) }

  static func exists(_ file: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(file)") }

  /// Paths of all Swift and C files, from the root.
  static let sources: [String] = ["Sources", "plugins", "Tests"].flatMap { folder -> [String] in
    let files = (try? FileManager.default.subpathsOfDirectory(atPath: "\(path)/\(folder)")) ?? []
    return files.filter { $0.hasSuffix(".swift") || $0.hasSuffix(".h") || $0.hasSuffix(".c") }.map { "\(folder)/\($0)" }
  }

  /// README.md and all documents.
  static let documents: [String] =
    ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
    + ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/docs")) ?? []).sorted().filter {
      $0.hasSuffix(".md")
    }.map { "docs/\($0)" }
}
