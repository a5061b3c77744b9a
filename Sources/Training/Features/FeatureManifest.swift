import DetectorHost
import GraphEngine
import JSONText
import Models
import TextEscapes

/// What the arrays of a folder are: `manifest.json`.
public struct FeatureManifest {
  public static let name = "manifest.json"

  private let name: String
  private let outputs: [(FeatureGraph.Output, DetectorInput)]
  private let folder: String
  /// The most bytes of an index.
  private static let mostBytes = 1 << 30

  /// Before the arrays are written, because an engine that writes them holds them.
  ///
  /// - Parameter rate: of the recordings; of the first one where they differ.
  /// - Throws: `DiagnosticsError`.
  public init(_ features: FeatureGraph, folder: String, rate: Int) throws {
    let engine = try Engine(graph: features.graph)
    name = features.graph.name
    outputs = try features.outputs.map { ($0, try engine.input(of: $0.sink, rate: rate)) }
    self.folder = folder
  }

  /// Tokens of each array.
  public var words: [String] { outputs.map { "\(folder)/\($0.array): \($1.text)" } }

  /// After the run.
  ///
  /// - Throws: `TrainingError`, `ModelError`.
  public func write() throws {
    let outputs = try outputs.map { describe($0, $1, try files(of: $0)) }
    let value: JSONValue = ["version": 1, "graph": .text(name), "outputs": .array(outputs)]
    try replaceFile("\(folder)/\(Self.name)", with: value.jsonLines + [UInt8(ascii: "\n")])
  }

  private func describe(_ output: FeatureGraph.Output, _ input: DetectorInput, _ files: [JSONValue]) -> JSONValue {
    [
      "node": .text(output.node), "port": .text(output.port), "array": .text(output.array),
      "stream": .text(input.text), "rows": .integer(Int64(input.rows)), "columns": .integer(Int64(input.columns)),
      "machines": .array(input.machines.map { .text($0) }),
      "hertz": .array(input.frequencies.map { .number(Double($0)) }), "tokens_per_second": .number(input.rate),
      "seconds": .number(input.extent), "front_end": input.frontEnd,
      "front_end_hash": .text(SHA256.hex(input.frontEnd.json)), "files": .array(files),
    ]
  }

  /// The files of an array, as the index beside it says.
  private func files(of output: FeatureGraph.Output) throws -> [JSONValue] {
    let path = "\(folder)/\(output.array.dropLast(".npy".count)).files.csv"
    guard let content = fileContent(path, most: Self.mostBytes), content.count <= Self.mostBytes else {
      throw TrainingError("\(path.shown) cannot be read: no recording gave a token, or somebody removed it")
    }
    return CSVText.rows(content).dropFirst().compactMap { row in
      guard row.fields.count >= 5, let begin = Int64(row.fields[2]), let end = Int64(row.fields[3]),
        let rate = Double(row.fields[4])
      else { return nil }
      return [
        "file": .text(row.fields[0]), "begin": .integer(begin), "end": .integer(end),
        "tokens_per_second": .number(rate),
      ]
    }
  }
}
