/// The protocol by which commands reach a running graph: JSON-RPC 2.0, one object (or batch) a line, over a Unix
/// socket.
public enum ControlProtocol {
  /// Major.minor: a client only accepts a server of its major version.
  public static let version = "1.1"
  /// Most bytes of one line, in both directions.
  public static let lineLimit = 1 << 20
  /// The method that every server has: version, name of the graph, process id, names of the methods.
  public static let method = "protocol"

  static func major(_ version: String) -> Substring { version.prefix { $0 != "." } }
}
