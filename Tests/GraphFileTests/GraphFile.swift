import Foundation
import GraphEngine
import TestSupport

/// An example graph of graphs/, run unchanged; its sinks write to a folder of the run.
struct GraphFile {
  static let folder = BuildFolder.package + "/graphs"

  let name: String

  struct Run {
    /// By name.
    var files: [String: Data]
    var played: [[Float]]
    var statistics: EngineStatistics?

    func records(_ name: String) throws -> [GraphRecord] {
      try String(decoding: files[name] ?? Data(), as: UTF8.self).split(separator: "\n").map {
        try JSONDecoder().decode(GraphRecord.self, from: Data($0.utf8))
      }
    }

    func array(_ name: String) throws -> NumPyArray { try NumPyArray(files[name] ?? Data()) }
  }

  func load(overrides: [String] = [], into folder: String) throws -> Graph {
    try Graph.load(
      file: "\(Self.folder)/\(name)", catalog: TestPlugins.catalog, overrides: overrides,
      options: GraphOptions(workingDirectory: folder)
    ).graph
  }

  /// Runs it by hand on samples [channel][frame], in random periods from the seed.
  func run(_ samples: [[Float]] = [], frames: Int = 0, rate: Int = 48000, overrides: [String] = []) throws -> Run {
    var random = SeededRandom.fresh()
    print("\(name): seed \(random.seed)")
    return try Self.inFolder { folder in
      let driver = try HandDriver(Engine(graph: load(overrides: overrides, into: folder)), rate: rate)
      if samples.isEmpty {
        driver.run(frames: frames) { random.period() }
      } else {
        driver.feed(samples) { random.period() }
      }
      let statistics = driver.engine.statistics
      driver.finish()
      return Run(files: try Self.files(in: folder), played: driver.played, statistics: statistics)
    }
  }

  static func inFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    return try body(folder.path)
  }

  static func files(in folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    return files
  }
}

/// A line of a sink.jsonl.
struct GraphRecord: Decodable {
  var kind: String
  var machine: String?
  var channel: Int?
  var begin: Int
  var end: Int
  var rate: Int
  var state: String?
  var score: Double?
  var threshold: Double?
  var anomalous: Bool?

  var beginSecond: Double { Double(begin) / Double(rate) }
  var endSecond: Double { Double(end) / Double(rate) }
}

/// A .npy file of little-endian float32.
struct NumPyArray {
  var shape: [Int]
  var values: [Float]

  struct Malformed: Error {}

  init(_ data: Data) throws {
    let bytes = [UInt8](data)
    guard bytes.count > 10, bytes[0..<8] == [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0] else { throw Malformed() }
    let begin = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
    let header = String(decoding: bytes[10..<begin], as: UTF8.self)
    guard header.contains("'<f4'"), let match = try #/'shape': \(([0-9, ]*)\)/#.firstMatch(in: header) else {
      throw Malformed()
    }
    shape = match.1.split(separator: ",").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    values = stride(from: begin, to: bytes.count, by: 4).map { at in
      Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) })
    }
    guard values.count == shape.reduce(1, *) else { throw Malformed() }
  }
}
