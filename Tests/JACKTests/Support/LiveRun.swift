import Foundation
import GraphEngine
import JACKDriver
import Synchronization
import TestSupport

/// The results of a graph that ran on JACK.
struct LiveResult {
  /// Files by name, as the graph's sinks wrote them.
  var files: [String: Data]
  /// The losses in the log, in order.
  var gaps: [Gap]
  /// There were gaps without an xrun from the server.
  var hasDoubtfulGaps: Bool
  var events: [JACKEvent]
  var statistics: EngineStatistics
  /// Cycles that ended too late, by JACK's clock.
  var overruns: Int64
  /// Samples that the player could not play, as runs.
  var jumps: Int
}

/// Runs a graph as a JACK client next to a player, with the transport as origin, until it has processed `frames` frames
/// and `during` is done.
///
/// - Parameters:
///   - queueSeconds: how long workers may be delayed; nil: the engine's default.
///   - text: the graph; `${env:OUT}` is a folder of this run. The client is called `live`, the player `player`.
///   - connections: how many there must be before the transport starts.
///   - during: called about ten times a second once the transport rolls; returns whether it is done.
func runLive(
  _ text: String, server: PrivateServer, samples: [[Float]], frames: Int, connections: Int, freewheel: Bool = false,
  queueSeconds: Double? = nil, during: (JACKPlayer, Engine) throws -> Bool = { _, _ in true }
) throws -> LiveResult {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("auscult-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let log = LogLines()
  let engine = try makeEngine(text, folder: folder, log: log, queueSeconds: queueSeconds)
  let driver = try JACKDriver(.init(name: "live", server: server.name, origin: .transport))
  try engine.prepare(rate: driver.rate)
  try driver.attach(engine)
  let player = try JACKPlayer(server: server.name, samples: samples)
  defer { player.close() }

  var events: [JACKEvent] = []
  var rolls = false
  var isDone = false
  var witness = GapWitness()
  var failure: (any Error)?
  try driver.run {
    if !rolls && events.count(where: \.isConnection) == connections {
      rolls = true
      player.startTransport()
      if freewheel { player.setFreewheel(true) }
    }
    do {
      if rolls { isDone = try during(player, engine) }
    } catch {
      failure = error
      driver.control.stop()
    }
    let isOver = isDone && engine.statistics.frames >= frames && witness.areExplained(driver.control, engine)
    if isOver || !server.isRunning { driver.control.stop() }
  } report: {
    events.append($0)
  }
  if let failure { throw failure }
  let statistics = engine.statistics
  engine.finishStream()
  return LiveResult(
    files: try contents(of: folder), gaps: log.gaps, hasDoubtfulGaps: witness.hasDoubts, events: events,
    statistics: statistics, overruns: driver.control.overruns, jumps: player.jumps)
}

/// An engine for a graph's text, not prepared yet.
func makeEngine(
  _ text: String, folder: URL? = nil, log: LogLines = LogLines(), queueSeconds: Double? = nil
) throws -> Engine {
  var options = EngineOptions()
  if let queueSeconds { options.queueSeconds = queueSeconds }
  options.log = { level, node, text in log.add("\(level) \(node): \(text)") }
  let graph = try Graph.load(
    text: text, catalog: TestPlugins.catalog,
    options: GraphOptions(environment: ["OUT": folder?.path ?? "/nonexistent"])
  ).graph
  return try Engine(graph: graph, options: options)
}

/// Lines that nodes and engine wrote.
final class LogLines: Sendable {
  private let text = Mutex<[String]>([])

  func add(_ line: String) { text.withLock { $0.append(line) } }
  var lines: [String] { text.withLock { $0 } }
  var gaps: [Gap] { lines.compactMap(Gap.init(line:)) }
}

/// A gap in the engine's log.
struct Gap: Equatable {
  var frames: Int
  /// Where it begins.
  var position: Int

  init?(line: String) {
    guard let match = line.firstMatch(of: /lost (\d+) frames at frame position (\d+)(?: without a server)?$/),
      let frames = Int(match.1),
      let position = Int(match.2)
    else { return nil }
    self.frames = frames
    self.position = position
  }
}

/// Compares a run's gaps with the server's xruns: each gap has at least one. The server reports xruns on its own
/// thread, some time after the cycle that saw the loss.
struct GapWitness {
  /// A gap without an xrun.
  private(set) var hasDoubts = false
  private var deadline: ContinuousClock.Instant?

  /// Whether all gaps so far are explained, or will not be.
  ///
  /// - Parameter others: gaps that have another cause.
  mutating func areExplained(_ control: DriverControl, _ engine: Engine, besides others: Int64 = 0) -> Bool {
    let gaps = engine.statistics.gaps - others
    hasDoubts = control.xruns < gaps
    let deadline = deadline ?? .now + .seconds(20)
    self.deadline = hasDoubts ? deadline : nil
    return !hasDoubts || .now > deadline
  }
}

extension JACKEvent {
  var isConnection: Bool { if case .connected = self { true } else { false } }
}

private func contents(of folder: URL) throws -> [String: Data] {
  var files: [String: Data] = [:]
  for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
    files[name] = try Data(contentsOf: folder.appendingPathComponent(name))
  }
  return files
}
