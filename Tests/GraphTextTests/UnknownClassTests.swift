import GraphEngine
import GraphText
import NodeHost
import TestSupport
import Testing

/// A class that is missing because its library is broken.
@Suite struct UnknownClassTests {
  @Test func theBrokenLibraryIsNamed() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try CompiledPlugin.build("broken/broken.c", flags: ["-DMAJOR=3"], into: folder.path + "/libauscult-old.so")
    let catalog = PluginCatalog(searchPath: [folder.path])
    let error = #expect(throws: DiagnosticsError.self) {
      try Graph.load(text: "graph: g\nnodes: { a: { type: broken.node } }", file: "a.yaml", catalog: catalog)
    }
    #expect(
      error?.diagnostics.map(\.message) == [
        "there is no node class 'broken.node' (not loaded: libauscult-old.so: it was built for ABI 3.3, this host has 1.3)"
      ])
  }

  @Test func aClassFromItsLibraryAlone() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try CompiledPlugin.build("broken/broken.c", into: folder.path + "/mine.so")
    try folder.write(
      "g.yaml",
      "graph: g\nnodes:\n  a: { type: broken.node, library: mine.so }\n  b: { type: broken.nod, library: mine.so }\n")
    let error = #expect(throws: DiagnosticsError.self) {
      try Graph.load(file: folder.path + "/g.yaml", catalog: CompiledPlugin.declared)
    }
    #expect(
      error?.diagnostics.map(\.message) == [
        "no link leads to or from 'a'", "'mine.so' has no node class 'broken.nod'",
      ])
    #expect(error?.diagnostics.last?.suggestion == "broken.node")
  }
}
