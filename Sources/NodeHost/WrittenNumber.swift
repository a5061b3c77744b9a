/// A number in a graph file: `0.6 s`, `16 kHz`, `-80 dB`, `20 %`, `512 frames`, `1e-3`.
struct WrittenNumber {
  /// In the dimension's base unit: seconds, hertz, decibel, per cent, samples.
  var value: Double
  /// The dimension of its unit; empty: no unit.
  var unit: Parameter.Units

  enum Problem: Error, Hashable {
    /// Does not begin with a number, or has wrong text after it.
    case notNumber
    /// The text after the number is not a unit of any dimension.
    case unknownUnit(String)
    /// Too large for a double.
    case tooLarge
  }

  init(_ text: String) throws(Problem) {
    let bytes = Array(text.utf8)
    var scanner = NumberScanner(bytes)
    guard let mantissa = scanner.mantissa() else { throw .notNumber }
    let exponent = scanner.exponent()
    let name = String(decoding: bytes[scanner.skipSpaces()...], as: UTF8.self)
    guard let unit = name.isEmpty ? UnitName.bare : UnitName.all.first(where: { $0.name == name }) else {
      throw looksLikeUnit(name) ? .unknownUnit(name) : .notNumber
    }
    guard abs(exponent) < 10_000 else { throw .tooLarge }
    // Adding to the exponent rounds only once, so that `600 ms` gives exactly the double of `0.6 s`.
    guard let number = Double("\(mantissa)e\(exponent + unit.exponent)"), (number * unit.factor).isFinite else {
      throw .tooLarge
    }
    value = unit.divisor == 1 ? number * unit.factor : number / unit.divisor
    self.unit = unit.dimension
  }
}

/// Any short text without digits may be meant as a unit.
private func looksLikeUnit(_ name: String) -> Bool {
  name.utf8.count <= 12
    && name.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || "%/°".unicodeScalars.contains($0) }
}

/// A unit's spelling, and its conversion to the dimension's base unit: value * 10^exponent * factor / divisor.
struct UnitName: Sendable {
  var name: String
  var dimension: Parameter.Units
  var exponent = 0
  var factor = 1.0
  var divisor = 1.0

  static let bare = UnitName(name: "", dimension: .none)
  static let all: [UnitName] = [
    UnitName(name: "s", dimension: .second), UnitName(name: "ms", dimension: .second, exponent: -3),
    UnitName(name: "us", dimension: .second, exponent: -6), UnitName(name: "µs", dimension: .second, exponent: -6),
    UnitName(name: "μs", dimension: .second, exponent: -6), UnitName(name: "min", dimension: .second, factor: 60),
    UnitName(name: "h", dimension: .second, factor: 3600), UnitName(name: "d", dimension: .second, factor: 86400),
    UnitName(name: "Hz", dimension: .hertz), UnitName(name: "kHz", dimension: .hertz, exponent: 3),
    UnitName(name: "MHz", dimension: .hertz, exponent: 6), UnitName(name: "rpm", dimension: .hertz, divisor: 60),
    UnitName(name: "dB", dimension: .decibel), UnitName(name: "%", dimension: .percent),
    UnitName(name: "samples", dimension: .sample), UnitName(name: "sample", dimension: .sample),
    UnitName(name: "frames", dimension: .sample), UnitName(name: "frame", dimension: .sample),
  ]
}

/// Splits a decimal number: sign, digits, point, digits; then its exponent.
private struct NumberScanner {
  private let bytes: [UInt8]
  private var index = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

  /// Text for `Double`, without an exponent.
  mutating func mantissa() -> String? {
    var text = ""
    if current == UInt8(ascii: "-") || current == UInt8(ascii: "+") {
      text = current == UInt8(ascii: "-") ? "-" : ""
      index += 1
    }
    let whole = digits()
    var fraction = ""
    if current == UInt8(ascii: ".") {
      index += 1
      fraction = digits()
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return nil }
    return text + (whole.isEmpty ? "0" : whole) + (fraction.isEmpty ? "" : "." + fraction)
  }

  /// 0 if there is none. An `e` without digits is left and read as a unit.
  mutating func exponent() -> Int {
    let start = index
    guard current == UInt8(ascii: "e") || current == UInt8(ascii: "E") else { return 0 }
    index += 1
    let isNegative = current == UInt8(ascii: "-")
    if isNegative || current == UInt8(ascii: "+") { index += 1 }
    let text = digits()
    guard !text.isEmpty else {
      index = start
      return 0
    }
    let size = Int(text) ?? 1_000_000
    return isNegative ? -size : size
  }

  mutating func skipSpaces() -> Int {
    while current == UInt8(ascii: " ") { index += 1 }
    return index
  }

  private mutating func digits() -> String {
    let start = index
    while let byte = current, isDigit(byte) { index += 1 }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }
}
