import Foundation
import NodeHost
import OutputFiles
import SystemCalls
import TestSupport
import Testing

/// Folders of plugins that declare their classes: none of their code runs before a class is asked for.
@Suite(.serialized) struct DeclaredCatalogTests {
  private let folder: TemporaryFolder
  private var notes: String { folder.path + "/notes" }

  init() throws { folder = try TemporaryFolder() }

  /// The file for notes is compiled in: an environment variable would be that of all tests that run at the same time.
  private func flags(_ name: String) -> [String] {
    ["-DNAME=\"\(name).node\"", "-DNOTES=\"\(notes)\"", "-Wl,--build-id=0x1234"]
  }

  private func file(_ name: String) -> String { folder.path + "/libauscult-\(name).so" }

  private func build(_ name: String) throws {
    try DeclaredPlugin.build("hostile/hostile.c", flags: flags(name) + ["-DON_LOAD=note_load"], into: file(name))
    try? FileManager.default.removeItem(atPath: notes)
  }

  /// A plugin that does something else when it is loaded, and declares what the harmless one does.
  private func build(_ name: String, onLoad: String) throws {
    try build(name)
    let section = try DeclaredPlugin.section(file(name))
    try CompiledPlugin.build("hostile/hostile.c", flags: flags(name) + ["-DON_LOAD=\(onLoad)"], into: file(name))
    try DeclaredPlugin.put(section, into: file(name))
  }

  private var loads: Int { (try? String(contentsOfFile: notes, encoding: .utf8))?.split(separator: "\n").count ?? 0 }

  private func catalog(_ index: PluginIndex? = nil) -> PluginCatalog {
    PluginCatalog(
      searchPath: [folder.path], isPrivate: true,
      probe: PluginProbe(executable: BuildFolder.path + "/auscult", limit: 2), index: index)
  }

  @Test func nothingRunsBeforeAClassIsAskedFor() throws {
    defer { folder.remove() }
    try build("a")
    try build("b")
    let catalog = catalog()
    #expect(catalog.classNames == ["a.node", "b.node"] && loads == 0)
    #expect(catalog.describedClasses.map(\.name) == ["a.node", "b.node"] && loads == 0)
    #expect(catalog.described("a.node")?.parameter("at")?.choices.count == 6 && loads == 0)
    let nodeClass = catalog["a.node"]
    // Once by the trial, once here.
    #expect(nodeClass?.library.isLoaded == true && loads == 2)
    #expect(catalog.described("a.node") === nodeClass && catalog.problems.isEmpty)
  }

  /// The index knows the classes of plugins that were not loaded yet: they are tried when they are.
  @Test func theIndexDoesNotVouchForWhatWasNeverLoaded() throws {
    defer { folder.remove() }
    try build("good")
    try build("bad", onLoad: "crash")
    let states = ["good", "bad"].map { file($0) }
    try #require(
      Polling.wait(seconds: 20, every: .milliseconds(50)) { states.allSatisfy { FileState($0)!.age > 1.01 } })
    for round in 0..<2 {
      let catalog = catalog(PluginIndex(path: folder.path + "/cache/plugins.json"))
      #expect(catalog.classNames == ["bad.node", "good.node"] && catalog.problems.isEmpty)
      #expect(loads == (round == 0 ? 0 : 2))
      #expect(catalog["good.node"] != nil)
      // The second time without a trial.
      #expect(loads == (round == 0 ? 2 : 3))
      #expect(catalog["bad.node"] == nil && catalog.problems.map(\.path) == [file("bad")])
    }
  }

  @Test(arguments: ["hang", "leave", "crash", "wait_for_ever"])
  func aPluginThatHarmsCostsItselfWhenItIsNamed(onLoad: String) throws {
    defer { folder.remove() }
    try build("good")
    try build("bad", onLoad: onLoad)
    let catalog = catalog()
    #expect(catalog.classNames == ["bad.node", "good.node"] && catalog.problems.isEmpty)
    #expect(catalog["good.node"] != nil && catalog.problems.isEmpty)
    #expect(catalog["bad.node"] == nil)
    #expect(catalog.classNames == ["good.node"] && catalog["good.node"] != nil)
    #expect(catalog.problems.map(\.path) == [file("bad")], "\(catalog.problems)")
    #expect(catalog.problems.first?.defects.first?.hasSuffix("while it is loaded") == true, "\(catalog.problems)")
  }

  @Test func aCutPluginIsNamedAtOnce() throws {
    defer { folder.remove() }
    try build("good")
    try build("cut")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: file("cut")))
    try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: file("cut")))
    let catalog = catalog()
    #expect(catalog.classNames == ["good.node"] && catalog.problems.map(\.path) == [file("cut")])
  }

  @Test func aPluginThatIsNotWhatItDeclaresIsFoundOut() throws {
    defer { folder.remove() }
    try build("a")
    let section = try DeclaredPlugin.section(file("a"))
    try build("b")
    try DeclaredPlugin.put(section, into: file("b"))
    try FileManager.default.removeItem(atPath: file("a"))
    let catalog = catalog()
    #expect(catalog.classNames == ["a.node"])
    #expect(catalog["a.node"] == nil && catalog.classNames == ["b.node"] && catalog["b.node"] != nil)
    catalog.openAll()
    #expect(catalog.classes.map(\.name) == ["b.node"])
  }
}
