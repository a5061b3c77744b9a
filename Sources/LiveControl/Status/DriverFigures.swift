import JACKDriver

/// The figures of a live run that only the driver knows, at one moment.
public struct DriverFigures: Sendable {
  /// The JACK server's name.
  public var server: String
  /// There is no server, or it has another rate.
  public var isWaitingForServer = false
  /// Frames in a cycle.
  public var period: Int
  /// Cycles that ended after the next one should have begun.
  public var overruns: Int64 = 0
  /// The client's ports and their connections.
  public var ports: [PortState] = []

  public init(server: String, period: Int) {
    self.server = server
    self.period = period
  }

  /// Thread: any.
  init(_ control: DriverControl, server: String) {
    self.server = server
    isWaitingForServer = control.isWaitingForServer
    period = control.period
    overruns = control.overruns
    ports = control.ports
  }
}
