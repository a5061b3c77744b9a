import Foundation
import Glibc
import GraphEngine
import Synchronization

/// Ends a run that was asked to end within five seconds, whatever its nodes do; and has the engine tell of a node that
/// does not return, whoever waits for it.
public final class EndDeadline: Sendable {
  /// Seconds between two looks.
  private static let interval = 0.1
  /// Seconds that a run has to come to its end, and that it has when it was asked twice.
  private static let limit = 3.0
  private static let shortLimit = 1.0
  /// Seconds that nodes have at least, once the server is left.
  private static let afterServer = 1.5
  /// Seconds in which sinks write what they hold, when the thread that should have them do it does not come back.
  private static let farewell = 0.5
  /// A JACK server that hangs is nobody's fault here: leaving it takes its own time.
  private static let leaving = 15.0

  private struct State {
    weak var engine: Engine?
    var deadline: ContinuousClock.Instant?
    /// Libjack is at work, which has limits of its own.
    var isLeavingServer = false
    var isOver = false
    var cleanUp: @Sendable () -> Void = {}
  }

  private let tell: @Sendable (LiveEvent) -> Void
  private let state = Mutex(State())
  private let over = DispatchSemaphore(value: 0)

  public init(_ tell: @escaping @Sendable (LiveEvent) -> Void) {
    self.tell = tell
    Thread.detachNewThread { [self] in watch() }
  }

  /// The engine of the run.
  ///
  /// - Parameter cleanUp: removes what should not be left behind; called when the program ends out of turn.
  public func begin(_ engine: Engine, cleanUp: @escaping @Sendable () -> Void = {}) {
    let isAsked = state.withLock { state in
      state.engine = engine
      state.cleanUp = cleanUp
      return state.deadline != nil
    }
    if isAsked { engine.endBy(seconds: Self.limit) }
  }

  /// The run is to end. A second time: at once.
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

  /// The server is left, however long that took: now nodes finish what they have.
  func hasLeftServer() {
    let engine = state.withLock { state in
      state.isLeavingServer = false
      state.deadline = state.deadline.map { max($0, .now + .seconds(Self.afterServer)) }
      return state.engine
    }
    engine?.endNotBefore(seconds: Self.afterServer)
  }

  /// The run has come to its end by itself.
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

  /// Ends the program: what was heard is written, as far as nodes return.
  func giveUp() -> Never {
    let (engine, cleanUp) = state.withLock { state in
      state.isOver = true
      return (state.engine, state.cleanUp)
    }
    engine?.finishWithoutDriver(seconds: Self.farewell)
    let isClean = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      cleanUp()
      isClean.signal()
    }
    _ = isClean.wait(timeout: .now() + 0.3)
    let names = (engine?.lateNodes.map(\.node) ?? []) + [engine?.stuckRealtimeNode].compactMap { $0 }
    tell(.cutShort(nodes: Set(names).sorted()))
    _exit(EXIT_FAILURE)
  }
}
