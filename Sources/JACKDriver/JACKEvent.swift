import NumberText

/// What a run tells as it happens. Thread: control.
public enum JACKEvent: Equatable, Sendable {
  case connected(Connection)
  /// A connection is no more: the other port is gone, or somebody has disconnected it. `isWanted`: a `connect` text asks
  /// for it, so that it is made again.
  case lost(Connection, isGone: Bool, isWanted: Bool)
  /// It is there again, after so many seconds.
  case regained(Connection, seconds: Double)
  /// We have disconnected it, because a port came that has the very name that was asked for.
  case superseded(Connection)
  /// Several ports are connected to one input of ours: it hears their sum.
  case mixed(port: String, peers: [String])
  /// A port of ours whose `connect` texts match no port yet; it is connected when one appears.
  case waiting(Waiting)
  /// Frames in a cycle, from now on.
  case period(Int)
  case freewheel(Bool)
  /// The origin has passed: JACK's transport rolls.
  case began
  /// There is no server yet; the driver waits for it. `reason` is what JACK says.
  case noServer(JACKError)
  /// There is a server, but at another rate; the driver waits for one at its own.
  case otherRate(Int, wanted: Int)
  /// The server is gone; the driver waits for it.
  case serverLost(reason: String)
  /// It is back, after so many seconds.
  case serverBack(seconds: Double)
  /// The client could not be closed; it ends with the process.
  case leftBehind
}

extension JACKEvent: CustomStringConvertible {
  public var description: String {
    switch self {
    case .connected(let connection): "connected \(connection)"
    case .lost(let connection, let isGone, let isWanted):
      "lost the connection \(connection): \(isGone ? "the port is gone" : "it was disconnected")"
        + (isWanted ? isGone ? "; waiting for it to come back" : "; it is made again" : "")
    case .regained(let connection, let seconds):
      "connected \(connection) again, after \(NumberText.rounded(seconds, 1)) s"
    case .superseded(let connection): "disconnected \(connection): there is a port of the very name that was asked for"
    case .mixed(let port, let peers):
      "\(port) hears the sum of \(peers.count) ports (\(peers.prefix(12).joined(separator: ", "))\(peers.count > 12 ? ", ..." : "")): "
        + "for one machine alone, name its port in 'connect'"
    case .waiting(let waiting): waiting.description
    case .period(let frames): "the period is now \(frames) frames"
    case .freewheel(true): "freewheel: as fast as the machine goes"
    case .freewheel(false): "freewheel has ended"
    case .began: "JACK's transport rolls: this is frame position 0"
    case .noServer(let error): "\(error); waiting for it"
    case .otherRate(let rate, let wanted):
      "the JACK server runs at \(rate) Hz now, this run at \(wanted) Hz; waiting for a server at \(wanted) Hz (to use the new "
        + "rate, start the run again)"
    case .serverLost(let reason):
      "the JACK server shut down" + (reason.isEmpty ? "" : " (\(reason))") + "; waiting for it to come back"
    case .leftBehind: "JACK did not let the client go within \(LibJACKCall.seconds) s; it was left behind"
    case .serverBack(let seconds):
      "the JACK server is back; what it missed is a gap of \(NumberText.rounded(seconds, 1)) s"
    }
  }
}
