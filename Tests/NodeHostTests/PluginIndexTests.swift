import Foundation
import NodeHost
import OutputFiles
import SystemCalls
import TestSupport
import Testing

/// The index of plugins from earlier starts: what it spares, and that it never gives a wrong answer.
@Suite(.serialized) struct PluginIndexTests {
  private let folder: TemporaryFolder
  private var index: PluginIndex { PluginIndex(path: folder.path + "/cache/plugins.json") }
  private var notes: String { folder.path + "/notes" }

  init() throws { folder = try TemporaryFolder() }

  private func build(_ name: String, file: String? = nil, _ flags: [String] = ["-DON_LOAD=note_load"]) throws {
    try CompiledPlugin.build(
      "hostile/hostile.c", flags: flags + ["-DNAME=\"\(name).node\"", "-DNOTES=\"\(notes)\""],
      into: folder.path + "/libauscult-\(file ?? name).so")
  }

  /// How often a library was loaded.
  private var loads: Int { (try? String(contentsOfFile: notes, encoding: .utf8))?.split(separator: "\n").count ?? 0 }

  /// Private copies, because the system loads a file only once.
  private func catalog(_ index: PluginIndex?) -> PluginCatalog {
    PluginCatalog(searchPath: [folder.path], isPrivate: true, index: index)
  }

  /// The index keeps no file that has just changed.
  private func grow(_ names: String...) throws {
    let files = names.map { folder.path + "/libauscult-\($0).so" }
    try #require(
      Polling.wait(seconds: 20, every: .milliseconds(50)) { files.allSatisfy { FileState($0)!.age > 1.01 } })
  }

  @Test func onlyWhatIsAskedForIsLoaded() throws {
    defer { folder.remove() }
    try build("a")
    try build("b")
    try grow("a", "b")
    #expect(catalog(index).classNames == ["a.node", "b.node"] && loads == 2)
    let second = catalog(index)
    #expect(second.classNames == ["a.node", "b.node"] && loads == 2)
    #expect(second["a.node"]?.name == "a.node" && loads == 3)
    #expect(second["a.node"] != nil && second["c.node"] == nil && loads == 3)
    #expect(second.classes.map(\.name) == ["a.node", "b.node"] && loads == 4)
    #expect(second.problems.isEmpty && second.libraries.count == 2)
  }

  @Test func aFileThatHasJustChangedIsNotKept() throws {
    defer { folder.remove() }
    try build("a")
    _ = catalog(index)
    let before = loads
    _ = catalog(index)
    #expect(before == 1 && loads == 2)
  }

  @Test func aRebuiltLibraryIsLoadedAgain() throws {
    defer { folder.remove() }
    try build("a")
    try grow("a")
    _ = catalog(index)
    try build("other", file: "a")
    #expect(catalog(index).classNames == ["other.node"])
    try Data("no library".utf8).write(to: URL(fileURLWithPath: folder.path + "/libauscult-a.so"))
    let broken = catalog(index)
    #expect(broken.classNames == [] && broken.problems.count == 1)
  }

  /// The index says that `a` has the class of another library; it notices when it loads one of them.
  @Test func aFalseEntryIsFoundOutAndForgotten() throws {
    defer { folder.remove() }
    try build("a")
    try build("b")
    try grow("a", "b")
    _ = catalog(index)
    let path = folder.path + "/cache/plugins.json"
    let text = try String(contentsOfFile: path, encoding: .utf8).replacing("a.node", with: "z.node")
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    let misled = catalog(index)
    #expect(misled.classNames == ["b.node", "z.node"])
    #expect(misled["z.node"] == nil)
    #expect(misled.classNames == ["a.node", "b.node"] && misled["a.node"] != nil)
    #expect(catalog(index).classNames == ["a.node", "b.node"])
  }

  @Test(arguments: ["", "{", "[1]", "{\"version\":1,\"files\":[]}", String(repeating: "[", count: 100_000)])
  func aDamagedIndexCountsAsNone(content: String) throws {
    defer { folder.remove() }
    try build("a")
    try FileManager.default.createDirectory(atPath: folder.path + "/cache", withIntermediateDirectories: true)
    try folder.write("cache/plugins.json", content)
    #expect(catalog(index)["a.node"] != nil && loads == 1)
  }

  @Test func aFolderThatCannotBeWrittenOnlyCostsTime() throws {
    defer { folder.remove() }
    try build("a")
    try grow("a")
    let index = PluginIndex(path: "/proc/none/plugins.json")
    #expect(catalog(index)["a.node"] != nil)
  }

  /// A library with a remark or a defect is tried at every start.
  @Test func librariesWithRemarksAreNotKept() throws {
    defer { folder.remove() }
    try build("a", ["-DON_LOAD=print"])
    try build("b", ["-DON_LOAD=crash"])
    try grow("a", "b")
    for _ in 0..<2 {
      let probe = PluginProbe(executable: BuildFolder.path + "/auscult", limit: 3)
      let catalog = PluginCatalog(searchPath: [folder.path], probe: probe, index: index)
      #expect(catalog.remarks.count == 1 && catalog.problems.count == 1 && catalog.classNames == ["a.node"])
    }
  }
}
