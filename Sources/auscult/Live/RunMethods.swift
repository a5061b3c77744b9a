import GraphEngine
import JACKDriver
import RunControl

/// What a live run can be asked over its control socket. Its thread is the control server's.
struct RunMethods {
  let watch: RunWatch
  let board: ChangeBoard
  let control: DriverControl
  let stop: @Sendable () -> Void

  /// What can be asked.
  static var names: [String] { ["status", "stop", "change"] + ChangeRequest.Kind.allCases.map(\.rawValue) }

  var handlers: [String: ControlServer.Handler] {
    var handlers: [String: ControlServer.Handler] = [
      "status": { [watch] _ in watch.figures.json },
      "stop": { [stop] _ in
        stop()
        return ["stopping": true]
      },
      "change": { [board] parameters in
        guard let id = parameters["change"]?.integer.flatMap({ Int(exactly: $0) }) else {
          throw ControlError.invalidParameters("'change' must be a number")
        }
        guard let ticket = board.ticket(id) else { throw ControlError.failed("there is no change \(id)") }
        return ticket.json
      },
    ]
    // Each is answered at once, with the number by which `change` tells how it gets on.
    for kind in ChangeRequest.Kind.allCases {
      handlers[kind.rawValue] = { [board, control] parameters in
        let id = try board.post(ChangeRequest(kind, parameters))
        control.wake()
        return ["change": .integer(id)]
      }
    }
    return handlers
  }
}
