/// A typed endpoint of a node class.
public struct Port: Sendable, Hashable {
  public typealias Kinds = StreamKinds
  public typealias Flags = PortFlags

  public let name: String
  /// The kinds of stream that it accepts (inputs) or may yield (outputs).
  public let kinds: Kinds
  public let flags: Flags
  public let summary: String
}
