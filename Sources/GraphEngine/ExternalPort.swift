/// A channel that the driver supplies or takes.
public struct ExternalPort: Sendable {
  public var node: String
  /// Channel of the node, from 0.
  public var channel: Int
  /// Channels of the node.
  public var channels: Int
  /// The machine that the channel listens to.
  public var machine: String
  /// Names or patterns of ports to connect to.
  public var connect: [String]
  /// For outputs: driver frames from an input sample's arrival to its effect here; nil if no input leads here.
  public var latency: Int64?
}
