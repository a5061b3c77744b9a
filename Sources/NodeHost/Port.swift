import CNodeABI

/// A typed endpoint of a node class.
public struct Port: Sendable, Hashable {
  /// The kinds of stream that it accepts (inputs) or may yield (outputs).
  public struct Kinds: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let audio = Kinds(rawValue: AUSCULT_AUDIO)
    public static let spectrum = Kinds(rawValue: AUSCULT_SPECTRUM)
    public static let features = Kinds(rawValue: AUSCULT_FEATURES)
    public static let slice = Kinds(rawValue: AUSCULT_SLICE)
    public static let score = Kinds(rawValue: AUSCULT_SCORE)
    public static let event = Kinds(rawValue: AUSCULT_EVENT)
    public static let any = Kinds(rawValue: AUSCULT_ANY_KIND)
  }

  public struct Flags: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// May stay unlinked.
    public static let optional = Flags(rawValue: AUSCULT_PORT_OPTIONAL)
    /// An input that takes any number of links.
    public static let many = Flags(rawValue: AUSCULT_PORT_MANY)
    /// An input whose blocks come as they are, not joined with those of the node's other inputs.
    public static let independent = Flags(rawValue: AUSCULT_PORT_INDEPENDENT)
    /// An input that tokens which hold padding don't reach.
    public static let heard = Flags(rawValue: AUSCULT_PORT_HEARD)
    static let all: Flags = [.optional, .many, .independent, .heard]
  }

  public let name: String
  public let kinds: Kinds
  public let flags: Flags
  public let summary: String
}

extension Port.Kinds: CustomStringConvertible {
  private static let names: [(Port.Kinds, String)] = [
    (.audio, "audio"), (.spectrum, "spectrum"), (.features, "features"), (.slice, "slice"), (.score, "score"),
    (.event, "event"),
  ]

  /// The word of each kind, in the order of the ABI.
  public var words: [String] { Self.names.filter { contains($0.0) }.map(\.1) }

  /// `audio`, `features or slice`, `any`.
  public var description: String {
    if self == .any { return "any" }
    let words = words
    return words.count < 2 ? words.first ?? "nothing" : words.dropLast().joined(separator: ", ") + " or " + words.last!
  }
}
