import Foundation
import JSONText
import Models
import TextEscapes

/// A folder with what came of each graph and seed, so that a comparison that was interrupted goes on, and nothing is
/// computed twice: a file for each, named by the fingerprint of all that its figures depend on.
public struct ResultStore: Sendable {
  private static let format: Int64 = 2
  private static let greatestFile = 256 << 20

  public let folder: String

  public init(_ folder: String) { self.folder = folder }

  /// Makes the folder, and sees whether it can be written to, before anything long begins.
  ///
  /// - Throws: `TrainingError`.
  func prepare() throws {
    try makeOutputFolder(folder)
    if let reason = writableProblem("\(folder)/") {
      throw TrainingError(
        "\(folder): nothing can be written there (\(reason)); check the folder's permissions, "
          + "or give another (--results)")
    }
  }

  /// What was finished before; nil: nothing, or a file that is damaged, which is computed again.
  func result(_ key: Key) -> SeedResult? {
    guard let data = fileContent(path(key), most: Self.greatestFile), data.count <= Self.greatestFile,
      let json = try? JSONValue(parsing: data), json["format"]?.integer == Self.format,
      json["fingerprint"]?.text == key.fingerprint, let result = json["result"].flatMap({ SeedResult($0) }),
      result.seed == key.seed
    else { return nil }
    return result
  }

  /// - Throws: `TrainingError`. The file is written whole or not at all.
  func write(_ result: SeedResult, _ key: Key) throws {
    let json: JSONValue = [
      "format": .integer(Self.format), "fingerprint": .text(key.fingerprint), "graph": .text(key.graph),
      "result": result.json,
    ]
    do {
      try replaceFile(path(key), with: json.json + [UInt8(ascii: "\n")])
    } catch {
      throw TrainingError(error.description)
    }
  }

  private func path(_ key: Key) -> String { "\(folder)/\(key.name)" }

  /// Which result.
  struct Key {
    /// Path of the graph file, as it was given.
    let graph: String
    let seed: UInt64
    /// sha256 of the graph, the classes' builds, the options, the recordings' content, the seed, and the program.
    let fingerprint: String

    /// - Parameter facts: each in a line of its own.
    init(graph: String, seed: UInt64, facts: [String]) {
      self.graph = graph
      self.seed = seed
      fingerprint = SHA256.hex((facts + ["seed \(seed)"]).map { "\($0.utf8.count) \($0)" }.joined(separator: "\n").utf8)
    }

    /// "machine-42-0123456789abcdef.json"; of the graph's name only what no file system minds.
    var name: String {
      let file = graph.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? ""
      let stem = file.hasSuffix(".yaml") ? String(file.dropLast(5)) : file
      let plain = stem.unicodeScalars.prefix(60).map { scalar in
        scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_")
          ? Character(scalar) : "-"
      }
      return "\(String(plain))-\(seed)-\(fingerprint.prefix(16)).json"
    }
  }
}
