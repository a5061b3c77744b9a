import Foundation
import GraphEngine
import GraphText
import NodeHost
import TestSupport
import Testing

/// Graph files without a fault, and their content.
@Suite struct GoodGraphTests {
  static let folder = BuildFolder.package + "/Tests/Fixtures/graphs/good"
  static let files = ["anchors", "block-style", "fan-watch", "one-link", "unicode", "yaml-1.1-traps"]

  @Test(arguments: files)
  func loadsWithoutWarning(_ name: String) throws {
    let (graph, warnings) = try load(name)
    #expect(warnings.isEmpty)
    #expect(!graph.nodes.isEmpty && !graph.links.isEmpty)
  }

  @Test func namesLinksAndPlaces() throws {
    let graph = try load("fan-watch").graph
    #expect(graph.name == "fan-watch")
    #expect(graph.description == "Watches one fan with k-means on mel slices")
    #expect(graph.file == "fan-watch.yaml")
    #expect(
      graph.nodes.map(\.name) == ["mic", "down", "stft", "mel", "level", "slices", "judge", "alarm", "log"])
    #expect(
      links(graph) == [
        "mic.out -> down.in", "down.out -> stft.in", "stft.out -> mel.in", "mel.out -> level.in",
        "level.out -> slices.in", "slices.out -> judge.in", "judge.score -> alarm.in", "alarm.out -> log.in",
        "judge.score -> log.in",
      ])
    #expect(graph.nodes[3].location == SourceLocation(file: "parts/frontend.yaml", line: 7, column: 3, length: 3))
    #expect(graph.links[8].location == SourceLocation(file: "fan-watch.yaml", line: 15, column: 5, length: 21))
    #expect(graph.nodes.map(\.placement).filter { $0 == .worker }.count == 1)
  }

  @Test func valuesAreTyped() throws {
    let graph = try load("fan-watch").graph
    #expect(value(graph, "mic", "channels") == .number(2, unit: 0, text: "2"))
    #expect(value(graph, "mic", "machines") == .list([.text("fan-00"), .text("fan-01")]))
    #expect(value(graph, "down", "rate") == .number(16000, unit: 2, text: "16 kHz"))
    #expect(value(graph, "stft", "length") == .number(0.064, unit: 1, text: "64 ms"))
    #expect(value(graph, "stft", "hop") == .number(512, unit: 16, text: "512"))
    #expect(value(graph, "stft", "center") == .boolean(true))
    #expect(value(graph, "level", "low") == .number(-80, unit: 4, text: "-80 dB"))
    #expect(value(graph, "slices", "hop") == .number(20, unit: 8, text: "20 %"))
    #expect(value(graph, "judge", "model") == .text(Self.folder + "/models/fan-00.safetensors"))
    #expect(
      value(graph, "judge", "threshold")
        == .map([("fan-00", .number(0.5, unit: 0, text: "0.5")), ("fan-01", .text("model"))]))
    #expect(value(graph, "alarm", "inhibit") == .list([.text("silent")]))
    #expect(value(graph, "log", "path") == .text(Self.folder + "/fan-watch.jsonl"))
    #expect(value(graph, "mel", "fmax") == nil)
  }

  @Test func argumentsKeepTheOrderOfTheClass() throws {
    let stft = try load("fan-watch").graph.nodes[2]
    #expect(stft.arguments.map(\.name) == ["length", "hop", "window", "center"])
    #expect(stft.arguments.map { $0.location == nil } == [false, false, false, true])
  }

  @Test func scalarsStayText() throws {
    let graph = try load("yaml-1.1-traps").graph
    #expect(graph.name == "no")
    #expect(graph.nodes.map(\.name) == ["on", "off", "y"])
    let written = [
      "yes", "no", "on", "off", "1:30", "010", "1e3", "0x10", "null", "~", ".inf", "2026-11-21", "", " ",
    ]
    #expect(value(graph, "on", "machines") == .list(written.map { .text($0) }))
    #expect(value(graph, "off", "hop") == .number(10, unit: 16, text: "010"))
    #expect(value(graph, "y", "fmax") == .number(1000, unit: 2, text: ""))
  }

  @Test func anchorsStandForTheirValue() throws {
    let graph = try load("anchors").graph
    #expect(value(graph, "mic", "connect") == .list([.text("left"), .text("right")]))
    #expect(value(graph, "right", "gain") == .number(2, unit: 0, text: "2"))
    let rows: [[Double]] = [[0.5, 0.5], [1, 0]]
    #expect(
      value(graph, "mix", "weights")
        == .list(rows.map { .list($0.map { .number($0, unit: 0, text: "") }) }))
  }

  @Test func aPathFromAnOverrideCountsFromTheWorkingDirectory() throws {
    let options = GraphOptions(missingFilesAreErrors: false, environment: [:], workingDirectory: "/some/where")
    let (graph, warnings) = try Graph.load(
      file: Self.folder + "/fan-watch.yaml", catalog: CompiledPlugin.declared,
      overrides: ["judge.model=other.safetensors", "mic.machines=[a, 'b: c']", "mel.bands=64", "mel.bands=32"],
      options: options)
    #expect(value(graph, "judge", "model") == .text("/some/where/other.safetensors"))
    #expect(value(graph, "mic", "machines") == .list([.text("a"), .text("b: c")]))
    #expect(value(graph, "mel", "bands") == .number(32, unit: 0, text: ""))
    #expect(
      warnings.map(\.rendered) == [
        """
        --set:1:13: warning: 'model': there is no file 'other.safetensors'; make it with `auscult train`
        judge.model=other.safetensors
                    ^~~~~~~~~~~~~~~~~
        """
      ])
  }

  @Test func variablesFromTheEnvironment() throws {
    let text = """
      graph: "${env:NAME}-${n}"
      variables: { n: "${env:N}" }
      nodes:
        mic: { type: source, channels: "${n}", machines: ["${env:NAME} ${n}", "${env:NAME}"] }
        out: { type: gain }
      links: ["mic -> ${env:OUT}"]
      """
    let environment = ["NAME": "a ${n} b", "N": "2", "OUT": "out"]
    let graph = try Graph.load(
      text: text, catalog: CompiledPlugin.declared, options: GraphOptions(environment: environment)
    ).graph
    #expect(graph.name == "a ${n} b-2")
    #expect(value(graph, "mic", "machines") == .list([.text("a ${n} b 2"), .text("a ${n} b")]))
    #expect(graph.file == nil)
  }

  private func load(_ name: String) throws -> (graph: Graph, warnings: [Diagnostic]) {
    let options = GraphOptions(environment: [:], workingDirectory: Self.folder)
    return try Graph.load(file: name + ".yaml", catalog: CompiledPlugin.declared, options: options)
  }

  private func value(_ graph: Graph, _ node: String, _ parameter: String) -> ParameterValue? {
    graph.nodes.first { $0.name == node }?.argument(parameter)?.value
  }

  private func links(_ graph: Graph) -> [String] {
    graph.links.map { link in
      let (from, to) = (graph.nodes[link.from.node], graph.nodes[link.to.node])
      return "\(from.name).\(from.nodeClass.outputs[link.from.port].name) -> "
        + "\(to.name).\(to.nodeClass.inputs[link.to.port].name)"
    }
  }
}
