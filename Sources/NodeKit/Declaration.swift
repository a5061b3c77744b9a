/// Whether a class may run on the realtime thread.
public enum RealtimeClass: Sendable {
  /// `process` and `reset` never block, allocate or make system calls.
  case hard
  /// Runs on worker threads only; overrides `OffloadNode.work`.
  case offload
}

/// A typed endpoint of a node.
public struct PortDeclaration: Sendable {
  public typealias Flags = PortFlags
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

/// One parameter of a class. `auscult nodes` lists it; the host checks graph files against it.
public struct ParameterDeclaration: Sendable {
  public typealias Kind = ParameterKind
  public typealias Flags = ParameterFlags
  public var name: String
  public var kind: Kind
  public var units: ValueUnits = .none
  public var unit: ValueUnits = .none
  public var flags: Flags = []
  public var range: ClosedRange<Double> = -Double.infinity...Double.infinity
  public var initial: String?
  public var choices: [String] = []
  public var summary: String

  /// A number. `unit` is the unit of a number without one; `also` lists further units, `words` words to accept.
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

  /// A file to read. A relative path is relative to the graph file's folder.
  public static func inputPath(_ name: String, _ summary: String, flags: Flags = []) -> ParameterDeclaration {
    ParameterDeclaration(name: name, kind: .inputPath, flags: flags, summary: summary)
  }

  /// A file to write. A relative path is relative to the working directory.
  public static func outputPath(_ name: String, _ summary: String, default initial: String? = nil, flags: Flags = [])
    -> ParameterDeclaration
  {
    ParameterDeclaration(
      name: name, kind: .outputPath, flags: flags.union(.placement), initial: initial, summary: summary)
  }
}

/// Everything that the host must know of a class without creating an instance.
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
