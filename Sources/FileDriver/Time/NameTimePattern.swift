/// Where the name of a file states the time of its first sample: `%Y%m%d_%H%M%S`.
public struct NameTimePattern: Sendable, Equatable {
  private enum Part: Equatable {
    case literal(UInt8)
    /// `%Y %y %m %d %H %M %S`, fraction `%f`, zone `%z`
    case field(UInt8)
  }

  private let parts: [Part]

  /// Nil: a letter is unknown, or year, month, day, hour and minute are not all there.
  public init?(_ text: String) {
    var parts: [Part] = []
    var isField = false
    for byte in text.utf8 {
      if isField {
        isField = false
        if byte == UInt8(ascii: "%") {
          parts.append(.literal(byte))
        } else {
          guard "YymdHMSfz".utf8.contains(byte) else { return nil }
          parts.append(.field(byte))
        }
      } else if byte == UInt8(ascii: "%") {
        isField = true
      } else {
        parts.append(.literal(byte))
      }
    }
    let has = { (letter: Unicode.Scalar) in parts.contains(.field(UInt8(ascii: letter))) }
    guard !isField, has("Y") || has("y"), has("m"), has("d"), has("H"), has("M") else { return nil }
    self.parts = parts
  }

  /// The time at the first place of a name where the pattern fits and gives a valid time.
  public func time(in name: String) -> CivilTime? {
    var rest = Substring(name)
    while !rest.isEmpty {
      if let time = match(rest) { return time }
      rest = Substring(rest.unicodeScalars.dropFirst())
    }
    return nil
  }

  private func match(_ text: Substring) -> CivilTime? {
    var scanner = DigitScanner(text)
    var time = CivilTime(year: 0, month: 0, day: 0)
    for part in parts {
      switch part {
      case .literal(let byte): guard scanner.take(Unicode.Scalar(byte)) else { return nil }
      case .field(let letter): guard scanner.field(letter, into: &time) else { return nil }
      }
    }
    return time.isValid ? time : nil
  }
}

extension DigitScanner {
  fileprivate mutating func field(_ letter: UInt8, into time: inout CivilTime) -> Bool {
    switch letter {
    case UInt8(ascii: "Y"): return set(&time.year, number(4))
    case UInt8(ascii: "y"): return set(&time.year, number(2).map { 2000 + $0 })
    case UInt8(ascii: "m"): return set(&time.month, number(2))
    case UInt8(ascii: "d"): return set(&time.day, number(2))
    case UInt8(ascii: "H"): return set(&time.hour, number(2))
    case UInt8(ascii: "M"): return set(&time.minute, number(2))
    case UInt8(ascii: "S"): return set(&time.second, number(2))
    case UInt8(ascii: "f"): return set(&time.nanosecond, fraction())
    default:
      time.offset = offset()
      return time.offset != nil
    }
  }

  private func set(_ value: inout Int, _ found: Int?) -> Bool {
    guard let found else { return false }
    value = found
    return true
  }
}
