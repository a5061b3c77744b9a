/// A parameter that a node class declares.
public struct Parameter: Sendable {
  public typealias Kind = ParameterKind
  public typealias Units = ValueUnits
  public typealias Flags = ParameterFlags

  public let name: String
  public let kind: Kind
  /// For numbers: the accepted units.
  public let units: Units
  /// For numbers: the unit of a number without one.
  public let unit: Units
  public let flags: Flags
  /// Limits of the value, for values in `unit`.
  public let minimum: Double
  public let maximum: Double
  /// The default, as in a graph file.
  public let initial: String?
  /// The words of a choice; for a number, the words accepted besides numbers.
  public let choices: [String]
  /// One line.
  public let summary: String
  /// The default, typed.
  public internal(set) var initialValue: ParameterValue?
}
