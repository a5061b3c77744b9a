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

  private struct Checked: Decodable {
    struct File: Decodable {
      var nodes: [Node]?
    }
    struct Node: Decodable {
      var `class`: String
      var latency: Latency?
    }
    struct Latency: Decodable {
      var frames: Int
    }
    var files: [File]
  }

  private func check(_ arguments: [String]) throws -> [Checked.File] {
    let output = try CompiledPlugin.run(Self.auscult, ["check", "--json"] + arguments)
    return try JSONDecoder().decode(Checked.self, from: Data(output.utf8)).files
  }

  /// The example of each class is accepted, and a page says "0 frames" or "0 tokens" where `check` prints a latency of 0.
  @Test func examplesAreGraphs() throws {
    let graphs = folder.file("graphs")
    try makePages("--graphs", graphs)
    let names = try FileManager.default.contentsOfDirectory(atPath: graphs)
    #expect(names.count == TestPlugins.catalog.classes.count)
    var latencies: [String: Set<Int>] = [:]
    for file in try check(names.map { "\(graphs)/\($0)" }) {
      for node in file.nodes ?? [] { latencies[node.class, default: []].insert(node.latency?.frames ?? 0) }
    }
    // The program of detector.process is not started.
    #expect(latencies.count >= names.count - 1)
    for (name, frames) in latencies {
      let saysNone = try Repository.text("docs/nodes/\(name).md").contains("\n## Latency\n\n0 ")
      #expect(saysNone == (frames == [0]), "docs/nodes/\(name).md: `check` prints \(frames)")
    }
  }

  /// The table of resample.md.
  @Test(arguments: [
    ("48 to 16 kHz", 48000, 16000), ("44.1 to 16 kHz", 44100, 16000), ("48 to 44.1 kHz", 48000, 44100),
    ("16 to 48 kHz", 16000, 48000),
  ])
  func resamplingTakesWhatItsPageSays(row: String, from: Int, to: Int) throws {
    let lines = try Repository.text("docs/nodes/resample.md").split(separator: "\n")
    let line = try #require(lines.first { $0.hasPrefix("| \(row) |") })
    let cells = line.split(separator: "|").dropFirst().map { $0.trimmingCharacters(in: .whitespaces) }
    let qualities = ["quick", "lq", "mq", "hq", "vhq"]
    try #require(cells.count == qualities.count)
    let files = try qualities.map { quality in
      let text = """
        graph: rate
        nodes:
          mic: { type: source }
          down: { type: resample, rate: \(to) Hz, quality: \(quality) }
        links: mic -> down
        """
      try text.write(toFile: folder.file("\(quality).yaml"), atomically: true, encoding: .utf8)
      return folder.file("\(quality).yaml")
    }
    let checked = try check(["--rate", "\(from)"] + files)
    try #require(checked.count == files.count)
    for (file, cell) in zip(checked, cells) {
      let node = try #require(file.nodes?.first { $0.class == "resample" })
      let frames = try #require(node.latency?.frames)
      #expect(cell.hasPrefix("\(frames) ("), "\(row): \(frames) frames, not \(cell)")
    }
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
