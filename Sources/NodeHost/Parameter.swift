/// A parameter that a node class declares.
public struct Parameter: Sendable {
  public typealias Kind = ParameterKind
  public typealias Units = ValueUnits
  public typealias Flags = ParameterFlags

  public let name: String
  public let kind: Kind
  /// Numbers: the units that are taken.
  public let units: Units
  /// Numbers: the one that a bare number has.
  public let unit: Units
  public let flags: Flags
  /// Of the number as passed, for values in `unit`.
  public let minimum: Double
  public let maximum: Double
  /// The default, as a graph file would write it.
  public let initial: String?
  /// A choice's words; the words that a number takes besides numbers.
  public let choices: [String]
  /// One line.
  public let summary: String
  /// The default, typed.
  public internal(set) var initialValue: ParameterValue?
}
