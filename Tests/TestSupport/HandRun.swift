import Foundation
import GraphEngine
import GraphText
import NodeHost
import Synchronization

/// The results of a run by hand.
public struct RunResult {
  /// Files by name, as the graph's sinks wrote them into the run's own folder.
  public var files: [String: Data]
  /// Messages of nodes and engine: "level node: text".
  public var log: [String]
  /// Samples that the graph gave to its external outputs.
  public var played: [[Float]]
  public var statistics: EngineStatistics

  public func lines(_ name: String) -> [String] {
    String(decoding: files[name] ?? Data(), as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

/// An event in a run.
public enum Feed {
  /// Samples [channel][frame].
  case samples([[Float]])
  case frames(Int)
  case gap(Int)
}

/// A run by hand, for tests that do more than feed it: sinks write into the run's own folder, which is `${env:OUT}` in
/// a graph's text.
public final class HandRun {
  public let driver: HandDriver
  public var engine: Engine { driver.engine }
  public let folder: String

  /// - Parameter folders: created in the run's own folder first.
  public init(
    _ text: String, rate: Int = 48000, threads: Int? = nil, memory: MemoryLimit? = nil, folders: [String] = []
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("auscult-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    self.folder = folder.path
    for name in folders {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
    }
    var options = EngineOptions()
    if let threads { options.workerThreads = threads }
    if let memory { options.memory = memory }
    let lines = LogLines()
    options.log = { level, node, text in lines.add("\(level) \(node): \(text)") }
    log = lines
    driver = try HandDriver(Engine(graph: HandRun.graph(text, folder: folder.path), options: options), rate: rate)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private let log: LogLines
  /// Messages of nodes and engine so far: "level node: text".
  public var messages: [String] { log.all }

  /// A graph whose sinks write into this run's folder.
  public func graph(_ text: String) throws -> Graph { try HandRun.graph(text, folder: folder) }

  private static func graph(_ text: String, folder: String) throws -> Graph {
    try Graph.load(text: text, catalog: TestPlugins.catalog, options: GraphOptions(environment: ["OUT": folder])).graph
  }

  public func file(_ name: String) -> Data { FileManager.default.contents(atPath: folder + "/" + name) ?? Data() }

  public func records(_ name: String) -> [String] {
    String(decoding: file(name), as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

private final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])
  func add(_ line: String) { lines.withLock { $0.append(line) } }
  var all: [String] { lines.withLock { $0 } }
}

/// Runs a graph by hand; sinks write into a folder of this run, which is `${env:OUT}` in the graph's text.
public func runByHand(
  _ text: String, rate: Int = 48000, feed: [Feed], finish: Bool = true, threads: Int? = nil,
  period: () -> Int = { 256 }
) throws -> RunResult {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("auscult-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let log = Mutex<[String]>([])
  var options = EngineOptions()
  if let threads { options.workerThreads = threads }
  options.log = { level, node, text in log.withLock { $0.append("\(level) \(node): \(text)") } }
  let graph = try Graph.load(
    text: text, catalog: TestPlugins.catalog, options: GraphOptions(environment: ["OUT": folder.path])
  ).graph
  let statistics: EngineStatistics
  let played: [[Float]]
  do {
    let driver = try HandDriver(Engine(graph: graph, options: options), rate: rate)
    for part in feed {
      switch part {
      case .samples(let channels): driver.feed(channels, period: period)
      case .frames(let count): driver.run(frames: count, period: period)
      case .gap(let frames): driver.gap(frames)
      }
    }
    driver.engine.drain()
    statistics = driver.engine.statistics
    if finish { driver.finish() } else { driver.engine.stop() }
    played = driver.played
  }
  var files: [String: Data] = [:]
  for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
    files[name] = try Data(contentsOf: folder.appendingPathComponent(name))
  }
  return RunResult(files: files, log: log.withLock { $0 }, played: played, statistics: statistics)
}
