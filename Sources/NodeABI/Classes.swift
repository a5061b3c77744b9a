import CNodeABI

/// Traits of a class: AUSCULT_TRAIT_*.
public struct NodeTraits: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let source = NodeTraits(rawValue: AUSCULT_TRAIT_SOURCE)
  public static let sink = NodeTraits(rawValue: AUSCULT_TRAIT_SINK)
  public static let detector = NodeTraits(rawValue: AUSCULT_TRAIT_DETECTOR)
  public static let trainable = NodeTraits(rawValue: AUSCULT_TRAIT_TRAINABLE)
  /// `process` is also called without tokens when the inputs' watermarks advance.
  public static let watchful = NodeTraits(rawValue: AUSCULT_TRAIT_WATCHFUL)
  public static let all: NodeTraits = [.source, .sink, .detector, .trainable, .watchful]
}

/// Properties of a port: AUSCULT_PORT_*.
public struct PortFlags: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// May stay unlinked.
  public static let optional = PortFlags(rawValue: AUSCULT_PORT_OPTIONAL)
  /// An input that takes any number of links.
  public static let many = PortFlags(rawValue: AUSCULT_PORT_MANY)
  /// An input whose blocks are not joined with those of the node's other inputs.
  public static let independent = PortFlags(rawValue: AUSCULT_PORT_INDEPENDENT)
  /// An input that gets no tokens with padding. Detectors' inputs never get them.
  public static let heard = PortFlags(rawValue: AUSCULT_PORT_HEARD)
  public static let all: PortFlags = [.optional, .many, .independent, .heard]
}
