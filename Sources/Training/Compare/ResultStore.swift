import Glibc
import JSONText
import Models
import TextEscapes

/// A folder with the results of each graph and seed, so that an interrupted comparison can continue and nothing is
/// computed twice. One file each, named by the fingerprint of all that its figures depend on.
public struct ResultStore: Sendable {
  private static let format: Int64 = 2
  private static let greatestFile = 256 << 20

  public let folder: String

  public init(_ folder: String) { self.folder = folder }

  /// Makes the folder and checks that it is writable, before the long work begins.
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

  /// An earlier result; nil: none, or a damaged file, which is computed again.
  func result(_ key: Key) -> SeedResult? {
    guard let data = fileContent(path(key), most: Self.greatestFile), data.count <= Self.greatestFile,
      let json = try? JSONValue(parsing: data), json["format"]?.integer == Self.format,
      json["fingerprint"]?.text == key.fingerprint, let result = json["result"].flatMap({ SeedResult($0) }),
      result.seed == key.seed
    else { return nil }
    return result
  }

  /// - Throws: `TrainingError`. Writes the file completely or not at all.
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

  /// Identifies a result.
  struct Key {
    /// Path of the graph file, as given.
    let graph: String
    let seed: UInt64
    /// sha256 of the graph, the classes' builds, the options, the recordings' content, the seed, and the program.
    let fingerprint: String

    /// - Parameter facts: one line each.
    init(graph: String, seed: UInt64, facts: [String]) {
      self.graph = graph
      self.seed = seed
      fingerprint = SHA256.hex((facts + ["seed \(seed)"]).map { "\($0.utf8.count) \($0)" }.joined(separator: "\n").utf8)
    }

    /// "machine-42-0123456789abcdef.json"; keeps only characters of the graph's name that every file system allows.
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
