import Foundation
import GraphEngine
import GraphText
import NodeHost
import Synchronization

/// What came out of a run by hand.
public struct RunResult {
  /// Files by name, as the graph's sinks wrote them into the run's own folder.
  public var files: [String: Data]
  /// What nodes and engine had to say: "level node: text".
  public var log: [String]
  /// Samples that the graph gave to its external outputs.
  public var played: [[Float]]
  public var statistics: EngineStatistics

  public func lines(_ name: String) -> [String] {
    String(decoding: files[name] ?? Data(), as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

/// What happens to a graph, one after the other.
public enum Feed {
  /// Samples [channel][frame].
  case samples([[Float]])
  case frames(Int)
  case gap(Int)
}

/// Runs a graph by hand; sinks write into a folder of this run, which `${env:OUT}` in the graph's text stands for.
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
