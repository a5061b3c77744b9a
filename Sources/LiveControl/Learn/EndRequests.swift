import Synchronization
import Training

/// The requests to end that come while a model is trained or adapted beside a live graph: from signals, and from
/// `auscult stop`. Any thread.
public final class EndRequests: Sendable {
  private let isEnding = Atomic<Bool>(false)
  private let isCancelled = Atomic<Bool>(false)
  private let isTrained = Atomic<Bool>(false)

  public init() {}

  /// Learning is to end with the best so far.
  public var wantsEnd: Bool { isEnding.load(ordering: .sequentiallyConsistent) }
  public var hasGivenUp: Bool { isCancelled.load(ordering: .sequentiallyConsistent) }

  /// The model is in place: whoever wants an end means that of the run.
  func noteTrained() { isTrained.store(true, ordering: .sequentiallyConsistent) }

  /// Nothing is to be written.
  public func giveUp() { isCancelled.store(true, ordering: .sequentiallyConsistent) }

  /// The first request asks for the best so far, a second one gives up.
  ///
  /// - Returns: the run itself is to end.
  public func end() -> Bool {
    if isTrained.load(ordering: .sequentiallyConsistent) { return true }
    if isEnding.exchange(true, ordering: .sequentiallyConsistent) { giveUp() }
    return false
  }

  /// With these requests.
  func applied(to callbacks: WorkCallbacks) -> WorkCallbacks {
    var callbacks = callbacks
    callbacks.isCancelled = { [self] in hasGivenUp }
    callbacks.isEnding = { [self] in wantsEnd }
    return callbacks
  }
}
