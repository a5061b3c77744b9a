import NodeKit

/// When a sink ends one part of its output and begins the next: the parameter `rotate`.
public enum RotationLimit: Sendable, Equatable {
  /// Before a part would hold more than this many bytes.
  case bytes(Int)
  /// Before a part would cover more than this many seconds of the stream.
  case seconds(Double)

  /// The declaration, shared by all sinks that rotate.
  public static let parameter = ParameterDeclaration.text(
    "rotate",
    "Size (`100 MB`) or time (`1 h`, `1 d`) after which the file is renamed to NAME.1.EXT, NAME.2.EXT ... and a new "
      + "one begins",
    flags: .placement)

  /// Reads the parameter: a number and a unit; nil if it is not set.
  public init?(_ arguments: Arguments) throws {
    guard let text = arguments["rotate"]?.text else { return nil }
    try self.init(text)
  }

  public init(_ text: String) throws {
    let trimmed = text.split(separator: " ", omittingEmptySubsequences: true).joined()
    let digits = trimmed.prefix { "0123456789.".contains($0) }
    guard let number = Double(digits), number > 0, let unit = Self.units[String(trimmed.dropFirst(digits.count))] else {
      throw NodeError(
        "`rotate: \(text)` is neither a size nor a time; write a number and one of "
          + "\(Self.units.keys.sorted().joined(separator: ", ")), "
          + "as in `100 MB` or `1 d`", parameter: "rotate")
    }
    let limit: RotationLimit? =
      switch unit {
      case .bytes(let factor): number * Double(factor) < 0x1p62 ? .bytes(Int((number * Double(factor)).rounded())) : nil
      case .seconds(let factor): number * factor <= Self.longest ? .seconds(number * factor) : nil
      }
    guard let limit else { throw NodeError("`rotate: \(text)` is too large", parameter: "rotate") }
    self = limit
  }

  /// A hundred years, in seconds: a longer time overflows in nanoseconds.
  private static let longest = 3.2e9

  private static let units: [String: RotationLimit] = [
    "B": .bytes(1), "kB": .bytes(1000), "MB": .bytes(1_000_000), "GB": .bytes(1_000_000_000), "KiB": .bytes(1 << 10),
    "MiB": .bytes(1 << 20), "GiB": .bytes(1 << 30), "s": .seconds(1), "min": .seconds(60), "h": .seconds(3600),
    "d": .seconds(86_400),
  ]
}
