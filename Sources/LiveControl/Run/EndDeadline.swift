import Dispatch
import Glibc
import GraphEngine
import Synchronization
import SystemCalls

/// Ends a run within five seconds after a request, even if nodes do not return. Also makes the engine report nodes that do
/// not return.
public final class EndDeadline: Sendable {
  /// Seconds between two checks.
  private static let interval = 0.1
  /// Seconds that a run has to end after the first request, and after the second one.
  private static let limit = 3.0
  private static let shortLimit = 1.0
  /// The least seconds that nodes have after the client has left the server.
  private static let afterServer = 1.5
  /// Seconds that sinks have to write their data, if the thread that normally calls them does not return.
  private static let forSinks = 0.5
  /// Seconds that leaving a JACK server may take, because the server may hang.
  private static let leaving = 15.0

  private struct State {
    weak var engine: Engine?
    var deadline: ContinuousClock.Instant?
    /// The client is leaving the server; libjack calls have limits of their own.
    var isLeavingServer = false
    var isOver = false
    var cleanUp: @Sendable () -> Void = {}
  }

  private let tell: @Sendable (LiveEvent) -> Void
  private let state = Mutex(State())
  private let over = DispatchSemaphore(value: 0)

  public init(_ tell: @escaping @Sendable (LiveEvent) -> Void) {
    self.tell = tell
    BackgroundThread.start("auscult-end") { [self] in watch() }
  }

  /// Sets the engine of the run.
  ///
  /// - Parameter cleanUp: removes temporary resources; called when the deadline ends the program.
  public func begin(_ engine: Engine, cleanUp: @escaping @Sendable () -> Void = {}) {
    let isAsked = state.withLock { state in
      state.engine = engine
      state.cleanUp = cleanUp
      return state.deadline != nil
    }
    if isAsked { engine.endBy(seconds: Self.limit) }
  }

  /// Requests the end of the run. A second request shortens the deadline.
  public func end(isRepeated: Bool = false) {
    let seconds = isRepeated ? Self.shortLimit : Self.limit
    let engine = state.withLock { state in
      let deadline = ContinuousClock.now + .seconds(seconds)
      state.deadline = min(deadline, state.deadline ?? deadline)
      return state.engine
    }
    engine?.endBy(seconds: seconds)
  }

  func leaveServer(_ isLeaving: Bool) { state.withLock { $0.isLeavingServer = isLeaving } }

  /// The client has left the server: nodes now finish their data.
  func hasLeftServer() {
    let engine = state.withLock { state in
      state.isLeavingServer = false
      state.deadline = state.deadline.map { max($0, .now + .seconds(Self.afterServer)) }
      return state.engine
    }
    engine?.endNotBefore(seconds: Self.afterServer)
  }

  /// The run has ended by itself.
  public func isOver() {
    state.withLock { $0.isOver = true }
    over.signal()
  }

  private func watch() {
    while over.wait(timeout: .now() + Self.interval) == .timedOut {
      let (engine, isOver) = state.withLock { ($0.engine, $0.isOver) }
      if isOver { return }
      engine?.lookForLateNodes()
      if isDue(engine) { giveUp() }
    }
  }

  private func isDue(_ engine: Engine?) -> Bool {
    let (deadline, isLeaving) = state.withLock { ($0.deadline, $0.isLeavingServer) }
    guard let deadline else { return false }
    let isServers = isLeaving && engine?.lateNodes.isEmpty ?? true && engine?.stuckRealtimeNode == nil
    return ContinuousClock.now > deadline + .seconds(isServers ? Self.leaving : 0.2)
  }

  /// Ends the program. Sinks write their data first, as far as nodes return.
  func giveUp() -> Never {
    let (engine, cleanUp) = state.withLock { state in
      state.isOver = true
      return (state.engine, state.cleanUp)
    }
    engine?.finishWithoutDriver(seconds: Self.forSinks)
    let isClean = DispatchSemaphore(value: 0)
    BackgroundThread.start("auscult-clean") {
      cleanUp()
      isClean.signal()
    }
    _ = isClean.wait(timeout: .now() + 0.3)
    let names = (engine?.lateNodes.map(\.node) ?? []) + [engine?.stuckRealtimeNode].compactMap { $0 }
    tell(.cutShort(nodes: Set(names).sorted()))
    _exit(EXIT_FAILURE)
  }
}
