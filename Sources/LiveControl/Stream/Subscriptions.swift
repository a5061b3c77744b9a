import GraphEngine
import RunControl
import SystemCalls

/// The subscriptions of a live run: requested by clients on the control server's thread, carried out on the control
/// thread, filled by workers.
public final class Subscriptions: @unchecked Sendable {
  /// Most subscriptions of a run.
  static let limit = 32
  /// A subscription ends when nothing was fetched for this time: its client is gone.
  static let idleLimit = Duration.seconds(30)
  /// How long `subscribe` waits for the control thread, in seconds.
  private static let patience = 0.5

  private let wake: @Sendable () -> Void
  private let condition = Condition()
  // Under the condition's lock.
  private var all: [Int: Subscription] = [:]
  private var made = 0

  /// - Parameter wake: makes the control thread call `look` soon.
  public init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

  // MARK: Methods of the control protocol. Thread: the control server's.

  public var handlers: [String: ControlServer.Handler] {
    [
      "subscribe": { [self] in try subscribe(StreamRequest($0)) },
      "fetch": { [self] in
        let subscription = try subscription($0)
        let stage = subscription.stage
        let answer = subscription.fetch()
        return .members([
          "state": .text(stage.word), "reason": stage.reason.map { .text($0) }, "items": .array(answer.items),
          "dropped": .integer(answer.dropped), "more": .boolean(answer.hasMore),
        ])
      },
      "unsubscribe": { [self] in
        try subscription($0).end()
        wake()
        return ["ended": true]
      },
    ]
  }

  /// The names of its methods.
  static let names = ["subscribe", "fetch", "unsubscribe"]

  private func subscribe(_ request: StreamRequest) throws -> JSONValue {
    condition.lock()
    defer { condition.unlock() }
    guard all.count < Self.limit else {
      throw ControlError.failed("the run has \(all.count) subscriptions, which is the most; end one with 'unsubscribe'")
    }
    made += 1
    let subscription = Subscription(made, request)
    all[made] = subscription
    wake()
    let deadline = Condition.Deadline(in: Self.patience)
    while subscription.stage == .new, condition.wait(until: deadline) {}
    let stage = subscription.stage
    if case .refused(let reason) = stage {
      all[subscription.id] = nil
      throw ControlError.failed(reason)
    }
    return .members([
      "subscription": .integer(subscription.id), "state": .text(stage.word),
      "reason": stage.reason.map { .text($0) },
    ])
  }

  private func subscription(_ parameters: JSONValue) throws -> Subscription {
    guard let id = parameters["subscription"]?.integer.flatMap({ Int(exactly: $0) }) else {
      throw ControlError.invalidParameters("'subscription' must be a number")
    }
    condition.lock()
    defer { condition.unlock() }
    guard let subscription = all[id] else {
      throw ControlError.failed(
        "there is no subscription \(id): it was ended, or nothing was fetched for \(Self.idleLimit.components.seconds) s"
      )
    }
    return subscription
  }

  // MARK: The control thread

  /// Opens new subscriptions, follows changes of the graph, and closes those that are over.
  public func look(_ engine: Engine) {
    condition.lock()
    let subscriptions = all.values.sorted { $0.id < $1.id }
    condition.unlock()
    guard !subscriptions.isEmpty else { return }
    var over: [Int] = []
    for subscription in subscriptions {
      if subscription.isOver(after: Self.idleLimit) {
        subscription.close(engine)
        over.append(subscription.id)
      } else {
        subscription.look(engine)
      }
    }
    condition.lock()
    for id in over { all[id] = nil }
    condition.broadcast()
    condition.unlock()
  }
}

extension Subscription.Stage {
  fileprivate var word: String {
    switch self {
    case .new, .waiting: "waiting"
    case .open: "open"
    case .refused: "ended"
    }
  }

  fileprivate var reason: String? {
    switch self {
    case .new: "the run has not looked at it yet"
    case .waiting(let reason), .refused(let reason): reason
    case .open: nil
    }
  }
}
