import Synchronization
import Training

/// Requests to end, from signals and `auscult stop`, during live training or adaptation. Any thread.
public final class EndRequests: Sendable {
  private let isEnding = Atomic<Bool>(false)
  private let isCancelled = Atomic<Bool>(false)
  private let isTrained = Atomic<Bool>(false)

  public init() {}

  /// Learning should end with the best so far.
  public var wantsEnd: Bool { isEnding.load(ordering: .sequentiallyConsistent) }
  public var hasGivenUp: Bool { isCancelled.load(ordering: .sequentiallyConsistent) }

  /// The model is in place: from now on a request ends the run.
  func noteTrained() { isTrained.store(true, ordering: .sequentiallyConsistent) }

  /// No model should be written.
  public func giveUp() { isCancelled.store(true, ordering: .sequentiallyConsistent) }

  /// The first request asks for the best so far, a second one cancels.
  ///
  /// - Returns: whether the run itself should end.
  public func end() -> Bool {
    if isTrained.load(ordering: .sequentiallyConsistent) { return true }
    if isEnding.exchange(true, ordering: .sequentiallyConsistent) { giveUp() }
    return false
  }

  /// The callbacks, connected to these requests.
  func applied(to callbacks: WorkCallbacks) -> WorkCallbacks {
    var callbacks = callbacks
    callbacks.isCancelled = { [self] in hasGivenUp }
    callbacks.isEnding = { [self] in wantsEnd }
    return callbacks
  }
}
