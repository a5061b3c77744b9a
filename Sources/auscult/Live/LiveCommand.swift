import GraphEngine
import JACKDriver
import LiveControl
import NodeHost
import RunControl

/// Starts a live run for a command, and words its events and errors.
struct LiveCommand {
  let graph: Graph
  /// Where the graph comes from.
  let source: GraphSource
  let catalog: PluginCatalog
  let options: LiveOptions
  /// Frames per second of a private server.
  let rate: Int
  let period: Int
  /// Seconds of sound; nil: until the run is stopped.
  let duration: Double?
  let console: Console
  /// What the nodes were measured to take; nil: they are placed by their classes alone.
  var costs: NodeCosts?
  /// Makes the task that runs before the whole graph, or instead of it.
  var task: ((_ rate: Int, _ log: EngineLog, _ wake: @escaping @Sendable () -> Void) throws -> any LiveTask)?

  /// - Returns: nil if the run was stopped before a JACK server appeared.
  @discardableResult
  func run() throws -> LiveRun.End? {
    let log = EngineLog(console)
    let report = LiveReport(console: console, log: log)
    let task = task.map { make in
      { (rate: Int, wake: @escaping @Sendable () -> Void) in try make(rate, log, wake) }
    }
    let live = LiveRun(
      graph: graph, source: source, catalog: catalog, options: runOptions, reporter: report,
      tell: { [console] in console.tell($0) }, log: log.receive, task: task)
    defer { console.endProgress() }
    do {
      guard let end = try live.run() else { return nil }
      try checkNodes(of: end.graph, failed: end.failedNodes, log)
      return end
    } catch let problem as ControlProblem {
      throw Failure(problem.text)
    } catch let error as JACKError {
      throw Failure(error.description, advice: advice(error))
    } catch {
      throw Failure.wording(error)
    }
  }

  private var runOptions: LiveRun.Options {
    var options = LiveRun.Options()
    options.name = self.options.name
    options.server = self.options.server
    if self.options.startServer { options.privateServer = PrivateServer.Options(rate: rate, period: period) }
    options.reconnects = self.options.reconnect
    options.origin = self.options.origin == .transport ? .transport : .firstCycle
    options.duration = duration
    options.costs = costs
    options.watch.watchesFiles = self.options.watch
    options.watch.watchesLibraries = self.options.watchPlugins
    return options
  }

  private func advice(_ error: JACKError) -> String? {
    if case .noServer(_, nil) = error {
      return "start one, or use --start-server for a private one without a sound card, or "
        + (task == nil ? "--input to read audio files" : "give recordings, with --normal")
    }
    if case .serverShutDown = error, options.startServer { return nil }
    return error.suggestion
  }
}
