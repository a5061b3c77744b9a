import GraphEngine
import JACKDriver
import Synchronization

/// Takes the figures of a live run, for the control socket's thread too, as long as there is an engine to take them
/// from.
final class RunWatch: Sendable {
  private struct State {
    let engine: Engine
    let control: DriverControl
    var last: RunFigures?
  }

  private let state: Mutex<State>
  private let name: String
  private let server: String
  private let rate: Int
  private let began = ContinuousClock.now

  init(name: String, server: String, rate: Int, engine: Engine, control: DriverControl) {
    state = Mutex(State(engine: engine, control: control))
    self.name = name
    self.server = server
    self.rate = rate
  }

  /// As it is now, or as it was at the end.
  var figures: RunFigures { state.withLock { $0.last ?? take($0) } }

  /// Keeps the figures as they are, because the engine is about to be taken down.
  @discardableResult
  func freeze() -> RunFigures {
    state.withLock { state in
      let figures = state.last ?? take(state)
      state.last = figures
      return figures
    }
  }

  private func take(_ state: State) -> RunFigures {
    let statistics = state.engine.statistics
    return RunFigures(
      name: name, graph: state.engine.graph.name, file: state.engine.graph.file, server: server, rate: rate,
      period: state.control.period, seconds: (ContinuousClock.now - began) / .seconds(1), statistics: statistics,
      overruns: state.control.overruns, failedNodes: statistics.nodes.filter(\.hasFailed).map(\.name).sorted())
  }
}
