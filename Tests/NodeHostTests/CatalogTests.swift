import Foundation
import NodeHost
import TestSupport
import Testing

/// Where plugins are found, and what happens where two have the same class.
@Suite struct CatalogTests {
  @Test func onlyPluginNamesAreLookedAt() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try plugin("one.node", folder, "libauscult-one.so")
    try plugin("two.node", folder, "libother-two.so")
    try plugin("three.node", folder, "auscult-three.so")
    try plugin("four.node", folder, "libauscult-four.dylib")
    #expect(PluginCatalog(searchPath: [folder.path]).classes.map(\.name) == ["one.node"])
  }

  @Test func firstFolderWins() throws {
    let folders = [try TemporaryFolder(), try TemporaryFolder()]
    defer { for folder in folders { folder.remove() } }
    try plugin("one.node", folders[0], "libauscult-one.so", ["-DVERSION=\"1.0.0\""])
    try plugin("one.node", folders[1], "libauscult-one.so", ["-DVERSION=\"2.0.0\""])
    try plugin("one.node", folders[1], "libauscult-same.so", ["-DVERSION=\"3.0.0\""])
    let catalog = PluginCatalog(searchPath: folders.map(\.path))
    #expect(catalog["one.node"]?.version == "1.0.0")
    let used = folders[0].path + "/libauscult-one.so"
    #expect(catalog.shadowed.map(\.path) == ["one", "same"].map { folders[1].path + "/libauscult-\($0).so" })
    #expect(catalog.shadowed.map(\.className) == [nil, "one.node"])
    #expect(catalog.shadowed.map(\.by) == [used, used])
    #expect(catalog.problems.isEmpty)
  }

  @Test func sameClassTwiceInOneFolderIsAnError() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try plugin("one.node", folder, "libauscult-a.so")
    try plugin("one.node", folder, "libauscult-b.so")
    let catalog = PluginCatalog(searchPath: [folder.path])
    #expect(catalog["one.node"] == nil)
    #expect(catalog.problems.map(\.path) == [folder.path + "/libauscult-a.so"])
    #expect(
      catalog.problems.map(\.defects)
        == [["its class 'one.node' is also in libauscult-b.so, so neither is used"]])
  }

  @Test func folderNamedTwiceIsSearchedOnce() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try plugin("one.node", folder, "libauscult-one.so")
    let catalog = PluginCatalog(searchPath: [folder.path, folder.path + "/../" + baseName(folder.path), "/nowhere"])
    #expect(catalog.classes.count == 1)
    #expect(catalog.shadowed.isEmpty && catalog.problems.isEmpty)
  }

  @Test func brokenLibraryCostsItsClassesOnly() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try plugin("one.node", folder, "libauscult-one.so")
    try plugin("two.node", folder, "libauscult-two.so", ["-DMAJOR=9"])
    try folder.write("libauscult-three.so", "this is no library")
    try FileManager.default.createDirectory(
      atPath: folder.path + "/libauscult-four.so", withIntermediateDirectories: false)
    let catalog = PluginCatalog(searchPath: [folder.path])
    #expect(catalog.classes.map(\.name) == ["one.node"])
    #expect(
      catalog.problems.map { baseName($0.path) } == ["libauscult-four.so", "libauscult-three.so", "libauscult-two.so"])
    #expect(catalog.problems[0].defects == ["it is no regular file"])
    #expect(catalog.problems[1].defects == ["it cannot be loaded: file too short"])
    #expect(catalog.problems[2].defects == ["it was built for ABI 9.3, this host has 1.3"])
  }

  @Test func missingDependencyIsNamed() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let dependency = folder.path + "/libmissing.so.3"
    try CompiledPlugin.build(
      "broken/broken.c", flags: ["-DNO_SYMBOL", "-Wl,-soname,libmissing.so.3"], into: dependency)
    try plugin("one.node", folder, "libauscult-one.so", ["-Wl,--no-as-needed", dependency])
    try FileManager.default.removeItem(atPath: dependency)
    let catalog = PluginCatalog(searchPath: [folder.path])
    #expect(catalog.problems.map(\.defects) == [["it needs libmissing.so.3, which is not installed"]])
  }

  @Test func libraryByPathNeedsNoPluginName() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try plugin("one.node", folder, "mine.so")
    let catalog = PluginCatalog(searchPath: [])
    let library = try catalog.load(library: folder.path + "/mine.so")
    #expect(library.classes.map(\.name) == ["one.node"])
    #expect(try catalog.load(library: folder.path + "/./mine.so") === library)
    #expect(catalog["one.node"] == nil)
    #expect(throws: PluginProblem(path: "/nowhere.so", defects: ["there is no such file"])) {
      try catalog.load(library: "/nowhere.so")
    }
  }

  @Test func buildIdentity() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try plugin("a.node", folder, "own.so", ["-DBUILD_ID=\"mine-7\""])
    try plugin("b.node", folder, "note.so", ["-Wl,--build-id=0xfeedface"])
    try plugin("c.node", folder, "none.so", ["-Wl,--build-id=none"])
    let ids = try ["own.so", "note.so", "none.so"].map { try PluginLibrary(path: folder.path + "/" + $0).buildID }
    #expect(ids[0] == "mine-7")
    #expect(ids[1] == "feedface")
    #expect(ids[2].hasPrefix("fnv1a:") && ids[2].count == 22)
  }

  private func plugin(_ name: String, _ folder: TemporaryFolder, _ file: String, _ flags: [String] = []) throws {
    try CompiledPlugin.build(
      "broken/broken.c", flags: ["-DNAME=\"\(name)\""] + flags, into: folder.path + "/" + file)
  }
}

private func baseName(_ path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }
