import Foundation
import NodeHost
import TestSupport
import Testing

/// A library that harms the program while it is loaded, and the messages about it.
struct Harm: Sendable, CustomTestStringConvertible {
  var name: String
  var flag: String
  var defect: String
  var testDescription: String { name }
}

private let harms = [
  Harm(name: "crash", flag: "ON_LOAD=crash", defect: "it crashes (SIGSEGV) while it is loaded"),
  Harm(name: "crash-in-entry", flag: "ON_ENTRY=crash", defect: "it crashes (SIGSEGV) while it is loaded"),
  Harm(
    name: "abort", flag: "ON_LOAD=abort_with_text",
    defect: "it crashes (SIGABRT), saying 'hostile: ?[31mcannot go on' while it is loaded"),
  Harm(name: "exit", flag: "ON_LOAD=leave", defect: "it ends the program (exit status 3) while it is loaded"),
  Harm(
    name: "exit-well", flag: "ON_ENTRY=leave_well", defect: "it ends the program (exit status 0) while it is loaded"),
  Harm(name: "loop", flag: "ON_LOAD=hang", defect: "it does not return within 3 s while it is loaded"),
  Harm(name: "wait", flag: "ON_ENTRY=wait_for_ever", defect: "it does not return within 3 s while it is loaded"),
  Harm(
    name: "close", flag: "ON_LOAD=close_all",
    defect: "it closes descriptors that are not its own while it is loaded"),
]

@Suite struct HostileLibraryTests {
  private func build(_ name: String, _ flags: [String], _ folder: TemporaryFolder) throws {
    try CompiledPlugin.build(
      "hostile/hostile.c", flags: flags.map { "-D" + $0 } + ["-DNAME=\"\(name).node\""],
      into: folder.path + "/libauscult-\(name).so")
  }

  private var probe: PluginProbe { PluginProbe(executable: BuildFolder.path + "/auscult", limit: 3) }

  /// Each removes only its own classes; those of other libraries are available.
  @Test func eachIsNamedAndTheOthersAreUsed() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try build("a", [], folder)
    for harm in harms { try build("b-" + harm.name, [harm.flag], folder) }
    try build("c", [], folder)
    let probe = probe
    let catalog = PluginCatalog(searchPath: [folder.path], probe: probe)
    #expect(catalog.classes.map(\.name) == ["a.node", "c.node"])
    let found = Dictionary(uniqueKeysWithValues: catalog.problems.map { ($0.path, $0.defects) })
    for harm in harms {
      // A library that loops gets 3 s of processor time, or 9 s where others need the processor, too.
      let defects = found["\(folder.path)/libauscult-b-\(harm.name).so"]?.map {
        $0.replacing("within 9 s", with: "within 3 s")
      }
      #expect(defects == [harm.defect], "\(harm.name)")
    }
    // Known libraries are not tried again.
    #expect(probe.knows(catalog.files))
    let again = PluginCatalog(searchPath: [folder.path], probe: probe)
    #expect(again.problems == catalog.problems)
  }

  /// A library that is rewritten is checked again.
  @Test func aFileThatChangedIsAnother() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try build("a", ["ON_LOAD=leave"], folder)
    let probe = probe
    #expect(PluginCatalog(searchPath: [folder.path], probe: probe).classes.isEmpty)
    try build("a", [], folder)
    #expect(!probe.knows([folder.path + "/libauscult-a.so"]))
    #expect(PluginCatalog(searchPath: [folder.path], probe: probe).classes.map(\.name) == ["a.node"])
  }

  /// A pipe, a device and a file that is larger than any library would be read without end: they are not even opened.
  @Test(arguments: [false, true]) func whatIsNoFileForALibraryIsNotOpened(isPrivate: Bool) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try build("a", [], folder)
    let path = { (name: String) in folder.path + "/libauscult-\(name).so" }
    #expect(mkfifo(path("pipe"), 0o600) == 0 && symlink("/dev/zero", path("device")) == 0)
    #expect(FileManager.default.createFile(atPath: path("huge"), contents: nil) && truncate(path("huge"), 3 << 30) == 0)
    let began = ContinuousClock.now
    let catalog = PluginCatalog(searchPath: [folder.path], isPrivate: isPrivate, probe: probe)
    #expect(ContinuousClock.now - began < .seconds(30))
    #expect(catalog.classes.map(\.name) == ["a.node"])
    let found = Dictionary(uniqueKeysWithValues: catalog.problems.map { ($0.path, $0.defects) })
    let expected = [
      path("pipe"): "it is no regular file", "/dev/zero": "it is no regular file",
      path("huge"): "it is larger than any library: 3072 MiB",
    ]
    for (file, defect) in expected { #expect(found[file] == [defect], "\(file)") }
    #expect(found.count == expected.count)
  }

  /// Its output while it is loaded does not mix with our results.
  @Test func oneThatPrintsIsUsedAndNamed() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try build("a", ["ON_LOAD=print"], folder)
    let catalog = PluginCatalog(searchPath: [folder.path], probe: probe)
    #expect(catalog.classes.map(\.name) == ["a.node"])
    #expect(
      catalog.remarks.map(\.defects)
        == [["it writes to standard output while it is loaded; that went to standard error"]])
  }

  /// A file cut at every tenth of its length: whatever the loader does with it, the other libraries are used.
  @Test func aCutLibraryCostsNobodyElse() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try build("z", [], folder)
    let whole = try Data(contentsOf: URL(fileURLWithPath: BuildFolder.path + "/libauscult-slicer.so"))
    for tenth in 1...9 {
      try whole.prefix(whole.count * tenth / 10).write(
        to: URL(fileURLWithPath: folder.path + "/libauscult-cut\(tenth).so"))
    }
    let catalog = PluginCatalog(searchPath: [folder.path], probe: probe)
    #expect(catalog.classes.contains { $0.name == "z.node" })
    for problem in catalog.problems { #expect(problem.path.contains("libauscult-cut"), "\(problem)") }
    // The linker decides whether its end holds necessary data.
    #expect(catalog.problems.contains { $0.path.contains("libauscult-cut1.so") })
  }
}
