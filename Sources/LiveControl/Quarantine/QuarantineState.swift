/// A node that has failed in this run, at one moment.
public struct QuarantineState: Sendable, Equatable {
  public var node: String
  /// It yields nothing now.
  public var isOut: Bool
  /// Why it failed last.
  public var reason: String
  /// How often it failed in this run.
  public var failures: Int
  /// Seconds until a new instance of it is tried; nil: it is not out, or stays out.
  public var seconds: Double?
  /// Why no new instance of it is tried; nil: it is not out, or comes back.
  public var staysOut: String?
}
