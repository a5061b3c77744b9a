import Foundation
import NodeHost
import TestSupport
import Testing

/// Libraries that are built again while they are loaded.
@Suite struct RebuiltPluginTests {
  private let file = "libauscult-one.so"

  private func build(_ version: String, _ folder: TemporaryFolder, _ flags: [String] = []) throws {
    try CompiledPlugin.build(
      "broken/broken.c", flags: ["-DNAME=\"one.node\"", "-DVERSION=\"\(version)\""] + flags,
      into: folder.path + "/" + file)
  }

  @Test func aRebuiltLibraryIsSeenAndTheOldOneStays() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try build("1.0.0", folder)
    let first = PluginCatalog(searchPath: [folder.path], isPrivate: true)
    let old = try #require(first["one.node"])
    #expect(first.refreshed()["one.node"] === old)
    try build("2.0.0", folder)
    let second = first.refreshed()
    let new = try #require(second["one.node"])
    #expect(new.version == "2.0.0" && new.library.path == old.library.path)
    #expect(new.library.fileID != old.library.fileID && new.library.buildID == new.library.fileID)
    #expect(old.version == "1.0.0" && first["one.node"] === old)
    // A build that was loaded before is not loaded again.
    try build("1.0.0", folder)
    #expect(second.refreshed()["one.node"] === old)
  }

  @Test func aLibraryThatIsGoneOrBrokenCostsTheNewCatalogOnly() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try build("1.0.0", folder)
    let first = PluginCatalog(searchPath: [folder.path], isPrivate: true)
    try folder.write(file, "this is no library")
    let second = first.refreshed()
    #expect(second["one.node"] == nil)
    #expect(second.problems.map(\.defects) == [["it cannot be loaded: file too short"]])
    try build("3.0.0", folder)
    #expect(second.refreshed()["one.node"]?.version == "3.0.0")
    #expect(first["one.node"]?.version == "1.0.0")
  }

  @Test func withoutPrivateCopiesNothingIsLookedAtAgain() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try build("1.0.0", folder)
    let catalog = PluginCatalog(searchPath: [folder.path])
    try build("2.0.0", folder)
    #expect(catalog.refreshed() === catalog)
  }

  @Test func libraryByItsPathIsSeenToo() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try build("1.0.0", folder)
    let catalog = PluginCatalog(searchPath: [], isPrivate: true)
    let first = try catalog.load(library: folder.path + "/" + file)
    try build("2.0.0", folder)
    #expect(try catalog.load(library: folder.path + "/" + file) === first)
    #expect(try catalog.refreshed().load(library: folder.path + "/" + file).classes[0].version == "2.0.0")
  }

  /// A library that finds another one in its own folder can't be loaded from elsewhere: the first time it is loaded
  /// from its own place.
  @Test func aLibraryThatNeedsItsNeighbourIsLoadedWhereItLies() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let neighbour = folder.path + "/libneighbour.so"
    try CompiledPlugin.build("broken/broken.c", flags: ["-DNO_SYMBOL", "-Wl,-soname,libneighbour.so"], into: neighbour)
    try build("1.0.0", folder, ["-Wl,--no-as-needed", neighbour, "-Wl,-rpath,$ORIGIN"])
    let catalog = PluginCatalog(searchPath: [folder.path], isPrivate: true)
    #expect(catalog["one.node"]?.version == "1.0.0", "\(catalog.problems)")
    try build("2.0.0", folder, ["-Wl,--no-as-needed", neighbour, "-Wl,-rpath,$ORIGIN"])
    // By now the neighbour is loaded, so that a copy finds it.
    #expect(catalog.refreshed()["one.node"]?.version == "2.0.0")
  }

  @Test func whatIsCutOffIsNotWhole() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try build("1.0.0", folder)
    let whole = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + file))
    #expect(PluginLibrary.isWhole(folder.path + "/" + file))
    for count in [0, 3, 63, 64, whole.count / 2, whole.count - 1] {
      try whole.prefix(count).write(to: URL(fileURLWithPath: folder.path + "/part.so"))
      #expect(!PluginLibrary.isWhole(folder.path + "/part.so"), "\(count) of \(whole.count) bytes")
    }
    #expect(!PluginLibrary.isWhole(folder.path + "/nothing.so"))
    #expect(!PluginLibrary.isWhole(folder.path))
  }

  @Test func copiesLeaveNothingBehind() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try CompiledPlugin.build(
      "broken/broken.c", flags: ["-DNAME=\"one.node\""], into: folder.path + "/libauscult-unheard-of.so")
    let library = try PluginLibrary(path: folder.path + "/libauscult-unheard-of.so", isPrivate: true)
    #expect(library.classes.count == 1)
    let files = (try? FileManager.default.subpathsOfDirectory(atPath: NSTemporaryDirectory())) ?? []
    #expect(!files.contains { $0.hasSuffix("-libauscult-unheard-of.so") })
  }
}
