import CNodeABI

/// A parameter that a node class declares.
public struct Parameter: Sendable {
  public enum Kind: UInt32, Sendable {
    case number = 1
    case integer, boolean, text, choice, inputPath, outputPath
  }

  public struct Units: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let none: Units = []
    public static let second = Units(rawValue: AUSCULT_UNIT_SECOND)
    public static let hertz = Units(rawValue: AUSCULT_UNIT_HERTZ)
    public static let decibel = Units(rawValue: AUSCULT_UNIT_DECIBEL)
    public static let percent = Units(rawValue: AUSCULT_UNIT_PERCENT)
    public static let sample = Units(rawValue: AUSCULT_UNIT_SAMPLE)
    static let all: Units = [.second, .hertz, .decibel, .percent, .sample]
  }

  public struct Flags: OptionSet, Sendable, Hashable {
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
    /// Has no influence on what a token contains.
    public static let placement = Flags(rawValue: AUSCULT_PARAMETER_PLACEMENT)
    static let all: Flags = [.required, .running, .list, .nested, .byMachine, .placement]
  }

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
