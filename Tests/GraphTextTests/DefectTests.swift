import Foundation
import GraphEngine
import GraphText
import TestSupport
import Testing

/// One graph file for each defect, and its exact diagnostics: Tests/Fixtures/graphs/bad/<defect>.yaml and .txt.
/// Comments `# --set ...` at a file's begin are its overrides. `AUSCULT_WRITE_EXPECTED=1` rewrites the .txt files; read
/// them before you commit them.
@Suite struct DefectTests {
  static let folder = BuildFolder.package + "/Tests/Fixtures/graphs/bad"
  static let defects: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }()

  @Test func thereAreFixtures() { #expect(Self.defects.count >= 60) }

  @Test(arguments: defects)
  func diagnosticsAreExact(_ defect: String) throws {
    let found = diagnostics(ofFixture: defect).map(\.rendered).joined(separator: "\n") + "\n"
    let path = Self.folder + "/\(defect).txt"
    if ProcessInfo.processInfo.environment["AUSCULT_WRITE_EXPECTED"] == "1" {
      try Data(found.utf8).write(to: URL(fileURLWithPath: path))
    }
    #expect(found == (try String(contentsOfFile: path, encoding: .utf8)))
  }

  private func diagnostics(ofFixture defect: String) -> [Diagnostic] {
    let options = GraphOptions(environment: ["HOME": "/home/nobody"], workingDirectory: Self.folder)
    do {
      let overrides = overrides(ofFixture: defect)
      return try Graph.load(
        file: "\(defect).yaml", catalog: CompiledPlugin.declared, overrides: overrides, options: options
      ).warnings
    } catch {
      return error.diagnostics
    }
  }

  private func overrides(ofFixture defect: String) -> [String] {
    let data = FileManager.default.contents(atPath: Self.folder + "/\(defect).yaml") ?? Data()
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
    return lines.filter { $0.hasPrefix("# --set ") }.map { String($0.dropFirst(8)) }
  }
}
