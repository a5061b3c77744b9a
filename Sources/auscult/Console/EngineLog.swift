import GraphEngine
import Logging
import Synchronization

/// What an engine and its nodes have to say, on its way to standard error; no node may flood it. Any thread.
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

  /// Errors that were told of.
  var errorCount: Int { errors.load(ordering: .relaxed) }

  /// Tells what was held back in the meantime, or, at the end, at all.
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

/// What became of a graph's nodes in a run.
///
/// - Parameters:
///   - graph: its name.
///   - failed: nodes that were quarantined.
/// - Throws: a failure when one was quarantined, or told of an error. The engine is stopped.
func checkNodes(of graph: String, failed: Set<String>, _ log: EngineLog) throws(Failure) {
  if !failed.isEmpty {
    let names = failed.sorted().joined(separator: ", ")
    throw Failure("\(Quantity.count(failed.count, "node")) of '\(graph)' failed: \(names)")
  }
  if log.errorCount > 0 { throw Failure("a node of '\(graph)' told of an error") }
}
