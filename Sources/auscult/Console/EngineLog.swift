import GraphEngine
import Logging
import Synchronization

/// Writes the messages of an engine and its nodes to standard error, and limits their rate. Any thread.
final class EngineLog: Sendable {
  private let console: Console
  private let logger: Logger
  private let limiter = LineLimiter()
  private let errors = Atomic<Int>(0)

  init(_ console: Console) {
    self.console = console
    logger = console.logger
  }

  /// For `EngineOptions`.
  var receive: @Sendable (LogLevel, String, String) -> Void {
    { [self] in receive($0, node: $1, $2) }
  }

  /// Number of error messages so far.
  var errorCount: Int { errors.load(ordering: .relaxed) }

  /// Prints what the limiter held back: for sources whose interval has passed, or for all, at the end.
  func showHeld(all: Bool = false) {
    for (node, text) in limiter.takeHeld(all: all) { console.warning(text, node: node) }
  }

  private func receive(_ level: LogLevel, node: String, _ text: String) {
    if level == .error { errors.add(1, ordering: .relaxed) }
    let level = Logger.Level(level)
    guard level >= logger.logLevel, level == .error || limiter.allows(node, text) else { return }
    logger.log(level: level, "\(text)", metadata: node.isEmpty ? nil : ["node": "\(node)"])
  }
}

extension Logger.Level {
  init(_ level: LogLevel) {
    self =
      switch level {
      case .debug: .debug
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
  }
}

/// Checks the nodes of a graph after a run. The engine is stopped.
///
/// - Parameters:
///   - graph: its name.
///   - failed: nodes that were quarantined.
/// - Throws: a failure when a node was quarantined, or reported an error.
func checkNodes(of graph: String, failed: Set<String>, _ log: EngineLog) throws(Failure) {
  if !failed.isEmpty {
    let names = failed.sorted().joined(separator: ", ")
    throw Failure("\(Quantity.count(failed.count, "node")) of '\(graph)' failed: \(names)")
  }
  if log.errorCount > 0 { throw Failure("a node of '\(graph)' reported an error") }
}
