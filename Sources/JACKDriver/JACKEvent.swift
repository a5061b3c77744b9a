import NumberText

/// An event that a run reports. Thread: control.
public enum JACKEvent: Equatable, Sendable {
  case connected(Connection)
  /// A connection is lost. `isGone`: the other port is gone; else somebody disconnected it. `isWanted`: a `connect` text
  /// asks for it, so the driver connects it again.
  case lost(Connection, isGone: Bool, isWanted: Bool)
  /// A connection is back, after this many seconds.
  case regained(Connection, seconds: Double)
  /// The driver disconnected it, because a port appeared that has exactly the requested name.
  case superseded(Connection)
  /// Several ports are connected to one input: it receives their sum.
  case mixed(port: String, peers: [String])
  /// The `connect` texts of a port match no port yet; the driver connects it when one appears.
  case waiting(Waiting)
  /// The new period in frames.
  case period(Int)
  case freewheel(Bool)
  /// The origin has passed: JACK's transport rolls.
  case began
  /// There is no server yet; the driver waits for it.
  case noServer(JACKError)
  /// The server runs at another rate; the driver waits for one at `wanted` Hz.
  case otherRate(Int, wanted: Int)
  /// The server is gone; the driver waits for it. `reason` is JACK's text.
  case serverLost(reason: String)
  /// The server is back, after this many seconds.
  case serverBack(seconds: Double)
  /// libjack did not close the client in time; the client ends with the process.
  case leftBehind
}

extension JACKEvent: CustomStringConvertible {
  public var description: String {
    switch self {
    case .connected(let connection): "connected \(connection)"
    case .lost(let connection, let isGone, let isWanted):
      "lost the connection \(connection): \(isGone ? "the port is gone" : "it was disconnected")"
        + (isWanted ? isGone ? "; waiting for it to come back" : "; connecting it again" : "")
    case .regained(let connection, let seconds):
      "connected \(connection) again, after \(NumberText.rounded(seconds, 1)) s"
    case .superseded(let connection): "disconnected \(connection): a port with exactly the requested name appeared"
    case .mixed(let port, let peers):
      "\(port) receives the sum of \(peers.count) ports (\(peers.prefix(12).joined(separator: ", "))\(peers.count > 12 ? ", ..." : "")): "
        + "to listen to one machine only, name its port in 'connect'"
    case .waiting(let waiting): waiting.description
    case .period(let frames): "the period is now \(frames) frames"
    case .freewheel(true): "freewheel: running as fast as possible"
    case .freewheel(false): "freewheel has ended"
    case .began: "JACK's transport rolls: this is frame position 0"
    case .noServer(let error): "\(error); waiting for it"
    case .otherRate(let rate, let wanted):
      "the JACK server runs at \(rate) Hz now, this run at \(wanted) Hz; waiting for a server at \(wanted) Hz (to use the new "
        + "rate, start the run again)"
    case .serverLost(let reason):
      "the JACK server shut down" + (reason.isEmpty ? "" : " (\(reason))") + "; waiting for it to come back"
    case .leftBehind: "JACK did not close the client within \(LibJACKCall.seconds) s; it stays open until auscult ends"
    case .serverBack(let seconds):
      "the JACK server is back; the time without it is a gap of \(NumberText.rounded(seconds, 1)) s"
    }
  }
}
