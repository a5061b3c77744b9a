import CNodeABI

/// What a class is, beside its ports: AUSCULT_TRAIT_*.
public struct NodeTraits: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let source = NodeTraits(rawValue: AUSCULT_TRAIT_SOURCE)
  public static let sink = NodeTraits(rawValue: AUSCULT_TRAIT_SINK)
  public static let detector = NodeTraits(rawValue: AUSCULT_TRAIT_DETECTOR)
  public static let trainable = NodeTraits(rawValue: AUSCULT_TRAIT_TRAINABLE)
  /// `process` is also called when no token came but the inputs are complete further.
  public static let watchful = NodeTraits(rawValue: AUSCULT_TRAIT_WATCHFUL)
  public static let all: NodeTraits = [.source, .sink, .detector, .trainable, .watchful]
}

/// How a port takes or gives its stream: AUSCULT_PORT_*.
public struct PortFlags: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// May stay unlinked.
  public static let optional = PortFlags(rawValue: AUSCULT_PORT_OPTIONAL)
  /// An input that takes any number of links.
  public static let many = PortFlags(rawValue: AUSCULT_PORT_MANY)
  /// An input whose blocks come as they are, not joined with those of the node's other inputs.
  public static let independent = PortFlags(rawValue: AUSCULT_PORT_INDEPENDENT)
  /// An input that tokens which hold padding don't reach; a detector's is so anyway.
  public static let heard = PortFlags(rawValue: AUSCULT_PORT_HEARD)
  public static let all: PortFlags = [.optional, .many, .independent, .heard]
}
