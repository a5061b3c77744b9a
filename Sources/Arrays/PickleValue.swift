/// What a pickle holds, as far as it is data.
public indirect enum PickleValue: Sendable, Equatable {
  case none
  case boolean(Bool)
  case integer(Int64)
  case number(Double)
  case text(String)
  case bytes([UInt8])
  /// A list or a tuple.
  case list([PickleValue])
  case dictionary([Pair])
  case array(NumberArray)

  public struct Pair: Sendable, Equatable {
    public var key: PickleValue
    public var value: PickleValue
  }

  /// A number of any kind, also an array of one.
  public var asNumber: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .number(let number): number
    case .array(let array) where array.count == 1: array.doubles[0]
    default: nil
    }
  }
}
