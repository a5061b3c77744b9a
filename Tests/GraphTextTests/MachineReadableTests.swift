import Foundation
import GraphEngine
import GraphText
import TestSupport
import Testing

/// Diagnostics for programs: `--json`.
@Suite struct MachineReadableTests {
  @Test func shape() throws {
    let text = "graph: g\nnodes:\n  mic: { type: sorce }\n  gain: { type: gain }\nlinks: [mic -> gain]\n"
    let error = #expect(throws: DiagnosticsError.self) {
      _ = try Graph.load(text: text, file: "a.yaml", catalog: CompiledPlugin.declared)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = try encoder.encode(error?.diagnostics)
    #expect(
      String(decoding: json, as: UTF8.self)
        == #"[{"code":"unknown-class","column":16,"file":"a.yaml","length":5,"line":3,"#
        + #""message":"there is no node class 'sorce'","severity":"error","#
        + #""source":"  mic: { type: sorce }","suggestion":"source"}]"#)
    #expect(try JSONDecoder().decode([Diagnostic].self, from: json) == error?.diagnostics)
  }

  @Test func withoutPlace() throws {
    let diagnostic = Diagnostic(.warning, code: "a", message: "b")
    let json = try JSONEncoder().encode(diagnostic)
    #expect(try JSONDecoder().decode(Diagnostic.self, from: json) == diagnostic)
    #expect(diagnostic.rendered == "warning: b")
  }

  @Test func aGraphGivesItsLines() throws {
    let text = "graph: g\nnodes:\n  mic: { type: source }\n  gain: { type: gain }\nlinks: [mic -> gain]\n"
    let graph = try Graph.load(text: text, file: "a.yaml", catalog: CompiledPlugin.declared).graph
    let diagnostic = graph.diagnostic(code: "c", message: "the driver has no input", at: graph.nodes[0].location)
    #expect(diagnostic.rendered == "a.yaml:3:3: error: the driver has no input\n  mic: { type: source }\n  ^~~")
  }
}
