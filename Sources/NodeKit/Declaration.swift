import CNodeABI

/// Whether a class may run on the realtime thread.
public enum RealtimeClass: Sendable {
  /// `process` and `reset` never block, allocate or make system calls.
  case hard
  /// Runs on worker threads only; overrides `OffloadNode.work`.
  case offload
}

/// What a class is, beside its ports.
public struct NodeTraits: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let source = NodeTraits(rawValue: AUSCULT_TRAIT_SOURCE)
  public static let sink = NodeTraits(rawValue: AUSCULT_TRAIT_SINK)
  public static let detector = NodeTraits(rawValue: AUSCULT_TRAIT_DETECTOR)
  public static let trainable = NodeTraits(rawValue: AUSCULT_TRAIT_TRAINABLE)
  /// `process` is also called when no token came but the inputs are complete further.
  public static let watchful = NodeTraits(rawValue: AUSCULT_TRAIT_WATCHFUL)
}

/// The kinds of stream that a port carries or accepts.
public struct StreamKinds: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let audio = StreamKinds(rawValue: AUSCULT_AUDIO)
  public static let spectrum = StreamKinds(rawValue: AUSCULT_SPECTRUM)
  public static let features = StreamKinds(rawValue: AUSCULT_FEATURES)
  public static let slice = StreamKinds(rawValue: AUSCULT_SLICE)
  public static let score = StreamKinds(rawValue: AUSCULT_SCORE)
  public static let event = StreamKinds(rawValue: AUSCULT_EVENT)
  public static let any = StreamKinds(rawValue: AUSCULT_ANY_KIND)
}

/// A typed endpoint of a node.
public struct PortDeclaration: Sendable {
  public struct Flags: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// May stay unlinked.
    public static let optional = Flags(rawValue: AUSCULT_PORT_OPTIONAL)
    /// An input that takes any number of links.
    public static let many = Flags(rawValue: AUSCULT_PORT_MANY)
    /// An input whose blocks come as they are, not joined with those of the node's other inputs.
    public static let independent = Flags(rawValue: AUSCULT_PORT_INDEPENDENT)
    /// An input that tokens which hold padding don't reach; a detector's is so anyway.
    public static let heard = Flags(rawValue: AUSCULT_PORT_HEARD)
  }
  public var name: String
  public var kinds: StreamKinds
  public var flags: Flags
  public var summary: String

  public init(_ name: String, _ kinds: StreamKinds, _ summary: String, flags: Flags = []) {
    self.name = name
    self.kinds = kinds
    self.flags = flags
    self.summary = summary
  }
}

/// The units that a number can be written in.
public struct ValueUnits: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let none: ValueUnits = []
  public static let second = ValueUnits(rawValue: AUSCULT_UNIT_SECOND)
  public static let hertz = ValueUnits(rawValue: AUSCULT_UNIT_HERTZ)
  public static let decibel = ValueUnits(rawValue: AUSCULT_UNIT_DECIBEL)
  public static let percent = ValueUnits(rawValue: AUSCULT_UNIT_PERCENT)
  public static let sample = ValueUnits(rawValue: AUSCULT_UNIT_SAMPLE)
}

/// One parameter of a class, as `auscult nodes` lists it and as the graph file is checked against.
public struct ParameterDeclaration: Sendable {
  public enum Kind: UInt32, Sendable {
    case number = 1
    case integer, boolean, text, choice, inputPath, outputPath
  }
  public struct Flags: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let required = Flags(rawValue: AUSCULT_PARAMETER_REQUIRED)
    /// May change while the graph runs.
    public static let running = Flags(rawValue: AUSCULT_PARAMETER_RUNNING)
    /// Takes one value or a list of them.
    public static let list = Flags(rawValue: AUSCULT_PARAMETER_LIST)
    /// Takes a list of lists.
    public static let nested = Flags(rawValue: AUSCULT_PARAMETER_NESTED)
    /// Takes one value or a map from machine name to value.
    public static let byMachine = Flags(rawValue: AUSCULT_PARAMETER_BY_MACHINE)
    /// Has no influence on what a token contains: names, output paths, ports to connect to.
    public static let placement = Flags(rawValue: AUSCULT_PARAMETER_PLACEMENT)
  }
  public var name: String
  public var kind: Kind
  public var units: ValueUnits = .none
  public var unit: ValueUnits = .none
  public var flags: Flags = []
  public var range: ClosedRange<Double> = -Double.infinity...Double.infinity
  public var initial: String?
  public var choices: [String] = []
  public var summary: String

  /// A number. A bare one has `unit`; `also` lists further units that are taken; `words` are taken besides numbers.
  public static func number(
    _ name: String, _ summary: String, unit: ValueUnits = .none, also: ValueUnits = .none,
    default initial: String? = nil,
    range: ClosedRange<Double> = -Double.infinity...Double.infinity, words: [String] = [], flags: Flags = []
  ) -> ParameterDeclaration {
    ParameterDeclaration(
      name: name, kind: .number, units: unit.union(also), unit: unit, flags: flags, range: range, initial: initial,
      choices: words, summary: summary)
  }

  /// A whole number.
  public static func integer(
    _ name: String, _ summary: String, unit: ValueUnits = .none, also: ValueUnits = .none,
    default initial: String? = nil,
    range: ClosedRange<Double> = -Double.infinity...Double.infinity, words: [String] = [], flags: Flags = []
  ) -> ParameterDeclaration {
    ParameterDeclaration(
      name: name, kind: .integer, units: unit.union(also), unit: unit, flags: flags, range: range, initial: initial,
      choices: words, summary: summary)
  }

  /// `true` or `false`.
  public static func boolean(_ name: String, _ summary: String, default initial: String? = nil, flags: Flags = [])
    -> ParameterDeclaration
  {
    ParameterDeclaration(name: name, kind: .boolean, flags: flags, initial: initial, summary: summary)
  }

  /// Any text.
  public static func text(_ name: String, _ summary: String, default initial: String? = nil, flags: Flags = [])
    -> ParameterDeclaration
  {
    ParameterDeclaration(name: name, kind: .text, flags: flags, initial: initial, summary: summary)
  }

  /// One of several words.
  public static func choice(
    _ name: String, _ summary: String, of choices: [String], default initial: String? = nil, flags: Flags = []
  ) -> ParameterDeclaration {
    ParameterDeclaration(
      name: name, kind: .choice, flags: flags, initial: initial, choices: choices, summary: summary)
  }

  /// A file to read; relative ones count from the graph file's folder.
  public static func inputPath(_ name: String, _ summary: String, flags: Flags = []) -> ParameterDeclaration {
    ParameterDeclaration(name: name, kind: .inputPath, flags: flags, summary: summary)
  }

  /// A file to write; relative ones count from the working directory.
  public static func outputPath(_ name: String, _ summary: String, default initial: String? = nil, flags: Flags = [])
    -> ParameterDeclaration
  {
    ParameterDeclaration(
      name: name, kind: .outputPath, flags: flags.union(.placement), initial: initial, summary: summary)
  }
}

/// All that the host must know of a class without creating an instance.
public struct NodeDeclaration: Sendable {
  public var name: String
  public var version: String
  public var summary: String
  public var realtime: RealtimeClass
  public var traits: NodeTraits
  public var inputs: [PortDeclaration]
  public var outputs: [PortDeclaration]
  public var parameters: [ParameterDeclaration]

  public init(
    _ name: String, version: String, summary: String, realtime: RealtimeClass, traits: NodeTraits = [],
    inputs: [PortDeclaration] = [], outputs: [PortDeclaration] = [], parameters: [ParameterDeclaration] = []
  ) {
    self.name = name
    self.version = version
    self.summary = summary
    self.realtime = realtime
    self.traits = traits
    self.inputs = inputs
    self.outputs = outputs
    self.parameters = parameters
  }
}
