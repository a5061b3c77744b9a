import Foundation
import SystemCalls
import TestSupport
import Testing

/// The examples of the pages about graph files. `auscult check` accepts those that keep a rule, and prints about those that
/// break one exactly what the page shows.
@Suite struct GraphPagesTests {
  private static let pages = ["docs/GRAPH.md", "docs/RESOURCES.md"]
  private static let blocks: [MarkdownBlock] = pages.flatMap { page in
    ((try? Repository.text(page)).map { MarkdownBlock.blocks(of: page, text: $0) } ?? [])
  }
  static let right = blocks.filter { $0.info == "yaml" || ["graph.yaml", "fan-watch.yaml"].contains($0.name) }
  static let broken = blocks.filter { $0.info == "yaml broken" }

  private let folder = ScratchFolder()

  @Test func thereAreExamples() {
    #expect(Self.right.count > 10 && Self.broken.count > 20)
    #expect(Self.blocks.allSatisfy { ["yaml", "yaml broken", "text", "console"].contains($0.info) || $0.name != nil })
  }

  @Test(arguments: right) func aRightOneIsAccepted(example: MarkdownBlock) throws {
    let outcome = try check(example)
    #expect(outcome.status == 0 && outcome.errors == "", "\(example.place): \(outcome.errors)")
  }

  /// Sizes in bytes may change with the code, without a change of the page.
  @Test(arguments: broken) func aBrokenOneIsReported(example: MarkdownBlock) throws {
    let shown = try #require(example.next, "no block follows \(example.place)")
    #expect(shown.info == "text", "\(example.place)")
    let outcome = try check(example)
    #expect(withoutSizes(outcome.errors) == withoutSizes(shown.text), "\(example.place)")
    #expect(outcome.status == (shown.text.contains(" error: ") ? 1 : 0), "\(example.place)")
  }

  private func withoutSizes(_ text: String) -> String { text.replacing(/\d+(?:\.\d+)? [KMG]iB/, with: "SIZE") }

  // MARK: Running

  /// What `auscult check graph.yaml` prints where the page's files are, and that file has the example.
  private func check(_ example: MarkdownBlock) throws -> (status: Int32, errors: String) {
    for block in Self.blocks {
      if let name = block.name { try write(name, block.text) }
    }
    try write("graph.yaml", whole(example))
    let program = try #require(ExternalProgram(BuildFolder.path + "/auscult"))
    let outcome = try #require(program.run(["check", "graph.yaml"] + arguments(example), folder: folder.path))
    let errors = String(decoding: outcome.errors, as: UTF8.self)
    return (outcome.status, errors.replacing(folder.path, with: "/home/me"))
  }

  private func write(_ name: String, _ text: String) throws {
    let path = URL(fileURLWithPath: folder.file(name))
    try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: path, atomically: true, encoding: .utf8)
  }

  /// Those of a comment `# auscult check graph.yaml ...` in the first line.
  private func arguments(_ example: MarkdownBlock) -> [String] {
    guard let line = example.lines.first, let match = line.wholeMatch(of: /# auscult check graph\.yaml (.*)/) else {
      return []
    }
    return match.output.1.split(separator: " ").map { String($0) }
  }

  /// The smallest graph with the lines of an example: each takes the place of the line with the same key, or is added
  /// above `links:`; `links:` takes the place of all links. A graph with nodes is whole already.
  private func whole(_ example: MarkdownBlock) throws -> String {
    if example.lines.contains("nodes:") { return example.text }
    let smallest = try #require(Self.blocks.first { $0.name == "graph.yaml" })
    let isLinks = { (line: String) in line.hasPrefix("links:") }
    var lines = Array(smallest.lines.prefix { !isLinks($0) })
    let own = example.lines.filter { !$0.hasPrefix("#") }
    for line in own.prefix(while: { !isLinks($0) }) {
      let key = line.prefix { $0 != ":" } + ":"
      if let place = lines.firstIndex(where: { $0.hasPrefix(key) }) {
        lines[place] = line
      } else {
        lines.append(line)
      }
    }
    let links = own.contains(where: isLinks) ? own : smallest.lines
    lines += links.drop { !isLinks($0) }
    return lines.joined(separator: "\n") + "\n"
  }
}
