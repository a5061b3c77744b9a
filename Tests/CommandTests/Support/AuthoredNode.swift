import Foundation
import TestSupport
import Testing

/// A folder that `auscult new-node` wrote into a test's folder, and what its README tells to type.
struct AuthoredNode {
  static let name = "pump-watch"
  static let library = "libauscult-pump-watch.so"
  let auscult: Command
  let language: String
  var folder: String { auscult.folder.path + "/" + Self.name }

  init(_ auscult: Command, language: String) throws {
    self.auscult = auscult
    self.language = language
    let outcome = try auscult("new-node", Self.name, "--language", language)
    try #require(outcome.status == 0, "\(outcome.out)\(outcome.err)")
  }

  /// A script of the folder: `build` or `check`.
  ///
  /// - Throws: its output, if it fails.
  @discardableResult
  func run(_ script: String) throws -> String { try CompiledPlugin.run("\(folder)/\(script)", []) }

  /// Builds. A node in Swift is compiled by a shorter way, unless the build is meant to be as the README says.
  func build(asDocumented: Bool = false) throws {
    if language == "swift", !asDocumented {
      try SwiftPlugin.build("\(folder)/Sources/Detector.swift", into: "\(folder)/\(Self.library)")
    } else if language != "python" {
      try run("build")
    }
  }

  func replace(_ text: String, by other: String, in file: String) throws {
    let before = try auscult.folder.text("\(Self.name)/\(file)")
    try #require(before.contains(text), "\(file)")
    try auscult.folder.write("\(Self.name)/\(file)", before.replacingOccurrences(of: text, with: other))
  }
}
