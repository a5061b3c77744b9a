import Foundation
import Glibc
import NodeHost
import OutputFiles
import TestSupport
import Testing

/// The section `.auscult`: what it says, how it is written, and what becomes of one that is damaged or lies.
@Suite(.serialized) struct DeclarationTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/libauscult-a.so" }

  init() throws { folder = try TemporaryFolder() }

  private func build(_ flags: [String] = []) throws {
    try DeclaredPlugin.build("hostile/hostile.c", flags: flags + ["-DNAME=\"a.node\"", "-Wl,--build-id"], into: path)
  }

  /// What the file declares; nil: nothing that can be used.
  private func declared() -> PluginLibrary? {
    guard case .read(let library)? = try? PluginLibrary.declarations(path: path) else { return nil }
    return library
  }

  /// Why the declarations are missing; nil: they are not.
  private func reason() throws -> String? {
    guard case .missing(let reason) = try PluginLibrary.declarations(path: path) else { return nil }
    return reason
  }

  // MARK: What it says

  @Test func theSectionsOfOurPluginsSayWhatTheLoadedPluginsDeclare() throws {
    defer { folder.remove() }
    let files = TestPlugins.catalog.libraries.map(\.path)
    try #require(files.count > 10)
    try CompiledPlugin.run("cp", files + [folder.path])
    let copies = files.map { folder.path + "/" + ($0 as NSString).lastPathComponent }
    try CompiledPlugin.run(BuildFolder.path + "/auscult", ["declare"] + copies)
    for (library, copy) in zip(TestPlugins.catalog.libraries, copies) {
      guard case .read(let declared) = try PluginLibrary.declarations(path: copy) else {
        Issue.record("\(copy) declares nothing")
        continue
      }
      #expect(!declared.isLoaded && library.isLoaded)
      #expect(declared.buildID == library.buildID && declared.fileID == library.fileID)
      #expect(declared.abiVersion == library.abiVersion)
      #expect(declared.classes.map(description) == library.classes.map(description))
      #expect(declared.classes.count == library.classes.count)
    }
  }

  /// All that a class declares.
  private func description(_ nodeClass: NodeClass) -> [String] {
    let abilities = ["program/1", "continue/1"].filter { nodeClass.ability($0) != nil }
    return [
      "\(nodeClass.name) \(nodeClass.version) \(nodeClass.summary) \(nodeClass.isHard) \(nodeClass.traits) \(abilities)"
    ] + (nodeClass.inputs + nodeClass.outputs).map { "\($0)" } + nodeClass.parameters.map { "\($0)" }
  }

  @Test func writingChangesNothingElse() throws {
    defer { folder.remove() }
    try CompiledPlugin.build("hostile/hostile.c", flags: ["-Wl,--build-id"], into: path)
    try CompiledPlugin.run("chmod", ["751", path])
    let (before, id) = (try CompiledPlugin.run("readelf", ["-lnd", "--dyn-syms", path]), PluginLibrary.fileID(path))
    try DeclaredPlugin.declare(path)
    // The offsets of the tables themselves are not among these lines.
    #expect(try CompiledPlugin.run("readelf", ["-lnd", "--dyn-syms", path]) == before)
    #expect(PluginLibrary.fileID(path) == id && PluginLibrary.isWhole(path))
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o751)
    let state = FileState(path)
    let again = try CompiledPlugin.run(BuildFolder.path + "/auscult", ["declare", path])
    #expect(again.hasSuffix("1 node class, as before\n") && FileState(path) == state)
    try CompiledPlugin.run("strip", [path])
    #expect(declared()?.classes.map(\.name) == ["hostile.node"])
  }

  @Test func aNewSectionReplacesTheOldOne() throws {
    defer { folder.remove() }
    try build()
    let good = try DeclaredPlugin.section(path)
    let size = FileState(path)!.numbers[2]
    try DeclaredPlugin.put(DeclaredPlugin.section(of: "{}"), into: path)
    #expect(declared() == nil)
    try DeclaredPlugin.declare(path)
    #expect(try DeclaredPlugin.section(path) == good && declared() != nil)
    #expect(abs(FileState(path)!.numbers[2] - size) < 4096)
  }

  // MARK: Lies and damage

  @Test func aLibraryWithoutItSaysSo() throws {
    defer { folder.remove() }
    try CompiledPlugin.build("hostile/hostile.c", into: path)
    #expect(try reason() == "its file has no section .auscult")
  }

  @Test func aSectionOfAnotherBuildIsRefused() throws {
    defer { folder.remove() }
    try build()
    let section = try DeclaredPlugin.section(path)
    try CompiledPlugin.build("hostile/hostile.c", flags: ["-DNAME=\"b.node\"", "-Wl,--build-id"], into: path)
    try DeclaredPlugin.put(section, into: path)
    #expect(try reason() == "the section .auscult of its file can't be used: it belongs to another build")
  }

  @Test(arguments: [
    ("", ""), ("\"classes\":[", "\"classes\":[{},"), ("\"classes\":[", "\"classes\":[7,"),
    ("\"abi\":[1,", "\"abi\":[9,"),
    ("\"abi\":[1,", "\"abi\":[-1,"), ("\"kinds\":1", "\"kinds\":99999999999"), ("\"kinds\":1", "\"kinds\":4096"),
    ("\"type\":5", "\"type\":77"), ("\"type\":5", "\"type\":null"), ("\"hard\":true", "\"hard\":3"),
    ("a.node", "A Node"), ("a.node", #"a\u0000b"#), ("\"inputs\":[", "\"inputs\":{},\"other\":["),
    ("\"default\":\"never\"", "\"default\":\"always\""), ("\"abilities\":[]", "\"abilities\":0"),
  ])
  func aSectionThatLiesIsRefused(old: String, new: String) throws {
    defer { folder.remove() }
    try build()
    let text = DeclaredPlugin.text(try DeclaredPlugin.section(path))
    let lie = old.isEmpty ? String(repeating: "[", count: 100_000) : text.replacing(old, with: new)
    try #require(lie != text)
    try DeclaredPlugin.put(DeclaredPlugin.section(of: text), into: path)
    #expect(declared() != nil)
    try DeclaredPlugin.put(DeclaredPlugin.section(of: lie), into: path)
    #expect(declared() == nil)
  }

  @Test func aFileThatIsCutAnywhereIsRefused() throws {
    defer { folder.remove() }
    try build()
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    for count in stride(from: 0, to: bytes.count, by: 64) {
      try Data(bytes[..<count]).write(to: URL(fileURLWithPath: path))
      #expect(throws: PluginProblem.self) { try PluginLibrary.declarations(path: path) }
    }
  }

  /// Random bytes change anywhere, most of them in the headers and in the section: the result is the same declarations,
  /// none, or a defect, but never a crash.
  @Test func changedBytesAreSurvived() throws {
    defer { folder.remove() }
    try build()
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let table = Int(bytes[40..<48].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    let places = [0..<64, 64..<1024, table..<bytes.count, table - 4096..<table, 0..<bytes.count]
    var random = SeededRandom.fresh()
    var counts = (read: 0, refused: 0)
    for _ in 0..<1500 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let range = places[Int.random(in: 0..<places.count, using: &random)]
        let value: UInt8 = Bool.random(using: &random) ? 0xFF : UInt8.random(in: 0...255, using: &random)
        changed[Int.random(in: range, using: &random)] = value
      }
      try Data(changed).write(to: URL(fileURLWithPath: path))
      if let library = declared() {
        counts.read += 1
        #expect(library.classes.map(\.name) == ["a.node"], "seed \(random.seed)")
      } else {
        counts.refused += 1
      }
    }
    #expect(counts.read > 100 && counts.refused > 100, "seed \(random.seed): \(counts)")
  }
}
