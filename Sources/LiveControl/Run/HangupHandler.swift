import GraphEngine
import Synchronization

/// Handles SIGHUP in a live run, as daemons do: closes and reopens outputs, because their files may have been moved, and
/// reads the graph again.
///
/// Thread: control, except `flag`.
public struct HangupHandler {
  /// Whether the signal has come. Any thread.
  public final class Flag: Sendable {
    private let hasCome = Atomic<Bool>(false)
    private let wake: @Sendable () -> Void

    fileprivate init(_ wake: @escaping @Sendable () -> Void) { self.wake = wake }

    public func raise() {
      hasCome.store(true, ordering: .relaxed)
      wake()
    }

    fileprivate func take() -> Bool { hasCome.exchange(false, ordering: .relaxed) }
  }

  public let flag: Flag
  private let changes: ChangeRunner
  private let engine: Engine
  private let tell: (LiveEvent) -> Void

  /// - Parameter wake: makes the control thread call `look` soon. Any thread.
  public init(
    _ changes: ChangeRunner, _ engine: Engine, wake: @escaping @Sendable () -> Void,
    tell: @escaping (LiveEvent) -> Void
  ) {
    self.changes = changes
    self.engine = engine
    self.tell = tell
    flag = Flag(wake)
  }

  /// Called in every polling round.
  public func look() {
    guard flag.take() else { return }
    let file = changes.source.file
    tell(.hangup(file: file))
    engine.reopenOutputs()
    var request = ChangeRequest(.apply)
    request.isWatched = true
    do {
      try changes.queue.submit(request)
    } catch {
      tell(.hangupRefused(file: file, reason: "\(error)"))
    }
  }
}
