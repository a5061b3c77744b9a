import RunControl

/// The methods of a live run's control socket. Thread: the control server's.
public struct RunMethods {
  private let status: RunStatus
  private let queue: ChangeQueue
  private let subscriptions: Subscriptions
  private let wake: @Sendable () -> Void
  private let stop: @Sendable () -> Void

  /// - Parameters:
  ///   - wake: makes the control thread check the queue soon.
  ///   - stop: asks the run to end.
  public init(
    status: RunStatus, queue: ChangeQueue, subscriptions: Subscriptions, wake: @escaping @Sendable () -> Void,
    stop: @escaping @Sendable () -> Void
  ) {
    self.status = status
    self.queue = queue
    self.subscriptions = subscriptions
    self.wake = wake
    self.stop = stop
  }

  /// The handlers by method name.
  static var names: [String] {
    ["status", "graph", "source", "stop", "change"] + Subscriptions.names + ChangeRequest.Kind.allCases.map(\.rawValue)
  }

  public var handlers: [String: ControlServer.Handler] {
    var handlers: [String: ControlServer.Handler] = [
      "status": { [status] _ in status.figures.json },
      "graph": { [status] _ in status.figures.graphJSON },
      // The graph's texts and all overrides: `auscult accept` learns for the graph as it runs.
      "source": { [status] _ in status.figures.source?.json ?? .null },
      "stop": { [stop] _ in
        stop()
        return ["stopping": true]
      },
      "change": { [queue] parameters in
        guard let id = parameters["change"]?.integer.flatMap({ Int(exactly: $0) }) else {
          throw ControlError.invalidParameters("'change' must be a number")
        }
        guard let record = queue.record(id) else { throw ControlError.failed("there is no change \(id)") }
        return record.json
      },
    ]
    handlers.merge(subscriptions.handlers) { $1 }
    // Each is answered at once, with a number; `change` returns the record of that number.
    for kind in ChangeRequest.Kind.allCases {
      handlers[kind.rawValue] = { [queue, wake, status] parameters in
        let request = try ChangeRequest(kind, parameters)
        if request.saves, let problem = status.figures.source?.problemOfSaving { throw ControlError.conflict(problem) }
        let id = try queue.submit(request)
        wake()
        return ["change": .integer(id)]
      }
    }
    return handlers
  }
}
