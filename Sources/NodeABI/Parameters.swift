import CNodeABI

/// The type of a parameter: AUSCULT_NUMBER to AUSCULT_OUTPUT_PATH.
public enum ParameterKind: UInt32, Sendable, CaseIterable {
  case number = 1
  case integer, boolean, text, choice, inputPath, outputPath
}

/// Properties of a parameter: AUSCULT_PARAMETER_*.
public struct ParameterFlags: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let required = ParameterFlags(rawValue: AUSCULT_PARAMETER_REQUIRED)
  /// May change while the graph runs.
  public static let running = ParameterFlags(rawValue: AUSCULT_PARAMETER_RUNNING)
  /// Takes one value or a list.
  public static let list = ParameterFlags(rawValue: AUSCULT_PARAMETER_LIST)
  /// Takes a list of lists.
  public static let nested = ParameterFlags(rawValue: AUSCULT_PARAMETER_NESTED)
  /// Takes one value or a map from machine name to value.
  public static let byMachine = ParameterFlags(rawValue: AUSCULT_PARAMETER_BY_MACHINE)
  /// Does not affect the content of tokens: names, output paths, ports to connect to.
  public static let placement = ParameterFlags(rawValue: AUSCULT_PARAMETER_PLACEMENT)
  public static let all: ParameterFlags = [.required, .running, .list, .nested, .byMachine, .placement]
}

/// The units of a number: AUSCULT_UNIT_*.
public struct ValueUnits: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let none: ValueUnits = []
  public static let second = ValueUnits(rawValue: AUSCULT_UNIT_SECOND)
  public static let hertz = ValueUnits(rawValue: AUSCULT_UNIT_HERTZ)
  public static let decibel = ValueUnits(rawValue: AUSCULT_UNIT_DECIBEL)
  public static let percent = ValueUnits(rawValue: AUSCULT_UNIT_PERCENT)
  public static let sample = ValueUnits(rawValue: AUSCULT_UNIT_SAMPLE)
  public static let each: [ValueUnits] = [.second, .hertz, .decibel, .percent, .sample]
  public static let all = ValueUnits(each)
}

extension ValueUnits: CustomStringConvertible {
  /// The dimension in words.
  public var dimension: String {
    switch self {
    case .second: return "a duration"
    case .hertz: return "a frequency"
    case .decibel: return "a level in decibel"
    case .percent: return "a percentage"
    case .sample: return "a count of samples"
    default: return "a plain number"
    }
  }

  /// The dimension and its units.
  public var description: String {
    switch self {
    case .second: return "a duration (s, ms, us, min, h, d)"
    case .hertz: return "a frequency (Hz, kHz, MHz, rpm)"
    case .decibel: return "a level (dB)"
    case .percent: return "a percentage (%)"
    case .sample: return "a count (samples, frames)"
    default: return dimension
    }
  }
}
