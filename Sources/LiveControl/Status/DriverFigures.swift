import JACKDriver

/// What only the driver knows of a live run, at one moment.
public struct DriverFigures: Sendable {
  /// Of the JACK server.
  public var server: String
  /// There is no server, or it has another rate.
  public var isWaitingForServer = false
  /// Frames in a cycle.
  public var period: Int
  /// Cycles that ended after the next one was to begin.
  public var overruns: Int64 = 0
  /// Our ports, and what they are connected to.
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
