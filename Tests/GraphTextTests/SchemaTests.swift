import Foundation
import GraphEngine
import GraphText
import NodeHost
import TestSupport
import Testing

/// The JSON Schema, checked by Python's jsonschema (Debian: python3-jsonschema, python3-yaml).
@Suite(.enabled(if: hasValidator, "python3 with jsonschema and yaml is needed"))
struct SchemaTests {
  @Test func acceptsValidFiles() throws {
    let files = GoodGraphTests.files.map { GoodGraphTests.folder + "/\($0).yaml" }
    let verdicts = try validate(files, CompiledPlugin.declared)
    #expect(verdicts == Dictionary(uniqueKeysWithValues: files.map { ($0, "ok") }))
  }

  /// Errors that are visible without links and other files.
  @Test func refusesWhatItCanSee() throws {
    let defects = [
      "bad-thread", "missing-graph", "missing-parameter", "missing-type", "not-a-map", "out-of-range", "scalar",
      "unknown-choice", "unknown-class", "unknown-key", "unknown-parameter", "unknown-unit", "wrong-inner-shapes",
      "wrong-lists", "wrong-shapes", "wrong-type", "wrong-unit", "everything-at-once",
    ]
    let files = defects.map { DefectTests.folder + "/\($0).yaml" }
    let verdicts = try validate(files, CompiledPlugin.declared)
    for file in files { #expect(verdicts[file] != "ok" && verdicts[file] != nil, "\(file)") }
  }

  @Test func namesTheUnknownParameter() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("g.yaml", "graph: g\nnodes: { mic: { type: source, chanels: 1 } }\n")
    let file = folder.path + "/g.yaml"
    #expect(try validate([file], CompiledPlugin.declared)[file]?.contains("'chanels' was unexpected") == true)
  }

  /// Every example graph, against the classes of this build.
  @Test func acceptsTheExamples() throws {
    let folder = BuildFolder.package + "/graphs"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let files = names.filter { $0.hasSuffix(".yaml") }.sorted().map { folder + "/" + $0 }
    #expect(files.count >= 10)
    let verdicts = try validate(files, TestPlugins.catalog)
    #expect(verdicts == Dictionary(uniqueKeysWithValues: files.map { ($0, "ok") }))
  }

  @Test func isStable() {
    #expect(GraphSchema(catalog: CompiledPlugin.declared).json == GraphSchema(catalog: CompiledPlugin.declared).json)
  }

  /// By file: `ok`, or the first error.
  private func validate(_ files: [String], _ catalog: PluginCatalog) throws -> [String: String] {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("schema.json", GraphSchema(catalog: catalog).json)
    let output = try CompiledPlugin.run("python3", [validator, folder.path + "/schema.json"] + files)
    let lines = output.split(separator: "\n").map { $0.split(separator: "\t", maxSplits: 1).map(String.init) }
    return Dictionary(lines.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { first, _ in first }
  }
}

private let validator = BuildFolder.package + "/Tests/Fixtures/schema/validate.py"

private let hasValidator: Bool =
  (try? CompiledPlugin.run("python3", ["-c", "import yaml; from jsonschema import Draft202012Validator"])) != nil
