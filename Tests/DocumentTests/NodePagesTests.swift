import Foundation
import TestSupport
import Testing

/// docs/nodes is what scripts/make-node-pages makes of the node classes and of docs/nodes/facts.txt.
@Suite struct NodePagesTests {
  private static let auscult = BuildFolder.path + "/auscult"
  private let folder = ScratchFolder()

  @discardableResult
  private func makePages(_ arguments: String...) throws -> String {
    try CompiledPlugin.run(
      "python3", ["\(Repository.path)/scripts/make-node-pages", "--program", Self.auscult] + arguments)
  }

  /// A page that differs is named in the error; so is a class without facts.
  @Test func everyClassHasItsPage() throws { try makePages("--check") }

  @Test func examplesAreGraphs() throws {
    let graphs = folder.file("graphs")
    try makePages("--graphs", graphs)
    let files = try FileManager.default.contentsOfDirectory(atPath: graphs).map { "\(graphs)/\($0)" }
    #expect(files.count == TestPlugins.catalog.classes.count)
    try CompiledPlugin.run(Self.auscult, ["check"] + files)
  }

  /// One change each in a copy of the folder, and what the script says.
  @Test(arguments: [
    ("gain.md", "audio", "sound", "facts.txt give: gain.md"),
    ("facts.txt", "== gain\n", "== gian\n", "gain: there are no facts"),
    ("facts.txt", "brief: loudness\n", "", "gain: 'brief' is missing"),
    ("facts.txt", "+ sink latency", "+ sink lateness", "'sink lateness', which no 'shared' defines"),
  ])
  func aDifferenceIsFound(file: String, text: String, other: String, message: String) throws {
    let copy = folder.file("nodes")
    try FileManager.default.copyItem(atPath: "\(Repository.path)/docs/nodes", toPath: copy)
    let before = try String(contentsOfFile: "\(copy)/\(file)", encoding: .utf8)
    try #require(before.contains(text))
    try before.replacingOccurrences(of: text, with: other).write(
      toFile: "\(copy)/\(file)", atomically: true, encoding: .utf8)
    let failure = #expect(throws: CompiledPlugin.Failure.self) { try makePages("--check", "--folder", copy) }
    #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "no error")")
  }
}
