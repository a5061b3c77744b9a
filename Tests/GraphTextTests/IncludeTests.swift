import GraphEngine
import GraphText
import TestSupport
import Testing

/// Cases that do not fit in a fixture: long chains, and absolute paths.
@Suite struct IncludeTests {
  @Test(arguments: [16, 17])
  func depth(_ depth: Int) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let nodes = "nodes: { mic: { type: source }, gain: { type: gain } }\nlinks: [mic -> gain]\n"
    for level in 0...depth {
      let header = level == 0 ? "graph: g\n" : ""
      try folder.write("\(level).yaml", header + (level < depth ? "include: \(level + 1).yaml\n" : nodes))
    }
    let found = diagnostics(folder.path + "/0.yaml", folder).map(\.rendered)
    let expected = """
      \(folder.path)/16.yaml:1:10: error: includes are nested more than 16 files deep
      include: 17.yaml
               ^~~~~~~
      """
    #expect(found == (depth == 16 ? [] : [expected]))
  }

  @Test func nearerVariableWins() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("far.yaml", "variables: { a: far, b: far, c: far }\n")
    try folder.write("near.yaml", "include: far.yaml\nvariables: { a: near, b: near }\n")
    try folder.write(
      "main.yaml",
      """
      graph: "${a} ${b} ${c}"
      include: near.yaml
      variables: { a: main }
      nodes: { mic: { type: source }, gain: { type: gain } }
      links: mic -> gain
      """)
    let graph = try Graph.load(file: folder.path + "/main.yaml", catalog: CompiledPlugin.declared).graph
    #expect(graph.name == "main near far")
  }

  @Test func aVariableMayNameAnInclude() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("nodes-2.yaml", "nodes: { mic: { type: source }, gain: { type: gain } }\nlinks: mic -> gain\n")
    try folder.write("main.yaml", "graph: g\nvariables: { n: 2 }\ninclude: \"nodes-${n}.yaml\"\n")
    #expect(diagnostics("main.yaml", folder).isEmpty)
  }

  @Test func missingFileHasNoPlace() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    #expect(
      diagnostics("none.yaml", folder).map(\.rendered)
        == ["error: 'none.yaml' cannot be read: No such file or directory"])
  }

  private func diagnostics(_ file: String, _ folder: TemporaryFolder) -> [Diagnostic] {
    do {
      let options = GraphOptions(environment: [:], workingDirectory: folder.path)
      return try Graph.load(file: file, catalog: CompiledPlugin.declared, options: options).warnings
    } catch {
      return error.diagnostics
    }
  }
}
