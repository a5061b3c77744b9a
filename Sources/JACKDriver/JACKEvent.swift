/// What a run tells as it happens. Thread: control.
public enum JACKEvent: Equatable, Sendable {
  case connected(Connection)
  /// A port of ours whose `connect` texts match no port yet; it is connected when one appears.
  case waiting(port: String, patterns: [String])
  /// Frames in a cycle, from now on.
  case period(Int)
  case freewheel(Bool)
  /// The origin has passed: JACK's transport rolls.
  case began
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
    case .waiting(let port, let patterns):
      "no port to connect to \(port) yet: waiting for \(patterns.map { "'\($0)'" }.joined(separator: " or "))"
    case .period(let frames): "the period is now \(frames) frames"
    case .freewheel(true): "freewheel: as fast as the machine goes"
    case .freewheel(false): "freewheel has ended"
    case .began: "JACK's transport rolls: this is frame position 0"
    case .serverLost(let reason):
      "the JACK server shut down" + (reason.isEmpty ? "" : " (\(reason))") + "; waiting for it to come back"
    case .leftBehind: "JACK did not let the client go within \(LibJACKCall.seconds) s; it was left behind"
    case .serverBack(let seconds):
      "the JACK server is back; what it missed is a gap of \((seconds * 10).rounded() / 10) s"
    }
  }
}
