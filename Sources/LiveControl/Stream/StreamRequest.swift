import RunControl

/// What a client of `subscribe` asks for: an output of a node, or, without a node, the records of all outputs with
/// scores or events.
public struct StreamRequest: Sendable, Equatable {
  public var node: String?
  /// Nil: the node's first output.
  public var port: String?
  /// Only tokens of this machine.
  public var machine: String?
  /// Most tokens a second of each channel. Events and gaps are never left out.
  public var most: Double?

  /// - Throws: `ControlError`.
  public init(_ parameters: JSONValue) throws {
    guard let members = parameters.object else { throw ControlError.invalidParameters("parameters are an object") }
    for (name, value) in members {
      switch (name, value) {
      case ("node", .text(let text)) where !text.isEmpty: node = text
      case ("port", .text(let text)) where !text.isEmpty: port = text
      case ("machine", .text(let text)) where !text.isEmpty: machine = text
      case ("most", _) where value.number.map { $0 > 0 && $0.isFinite } ?? false: most = value.number
      default: throw ControlError.invalidParameters("'\(name.prefix(64))' is not a valid parameter of 'subscribe'")
      }
    }
    if port != nil, node == nil { throw ControlError.invalidParameters("'port' needs 'node'") }
  }
}
