/// The .npy format (numpy.lib.format, versions 1 to 3). Objects are refused: they are pickles.
public enum NumPyFile {
  /// - Throws: `ArrayProblem`.
  public static func read(_ bytes: ArraySlice<UInt8>) throws(ArrayProblem) -> NumberArray {
    let start = bytes.startIndex
    guard bytes.starts(with: [0x93] + Array("NUMPY".utf8)), bytes.count >= 12 else {
      throw ArrayProblem("it is no .npy file")
    }
    let version = bytes[start + 6]
    guard (1...3).contains(version) else { throw ArrayProblem("it is a .npy file of version \(version)") }
    let sizeBytes = version == 1 ? 2 : 4
    let begin = start + 8 + sizeBytes
    let size = bytes[(start + 8)..<begin].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard size <= bytes.endIndex - begin, size <= 1 << 16 else {
      throw ArrayProblem("its header claims \(size) bytes: it is cut short")
    }
    var header = HeaderText(bytes[begin..<begin + size])
    let (kind, isFortran, shape) = try header.members()
    guard let number = NumberKind(kind) else {
      throw ArrayProblem(
        "it holds '\(kind.unicodeScalars.prefix(20).filter(\.isASCII).map(String.init).joined())', not "
          + "numbers of a known kind")
    }
    return try NumberArray(number, shape: shape, bytes[(begin + size)...], isFortran: isFortran)
  }
}

/// The header: a dictionary as Python writes it, with three members.
private struct HeaderText {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func members() throws(ArrayProblem) -> (kind: String, isFortran: Bool, shape: [Int]) {
    var (kind, isFortran, shape): (String?, Bool?, [Int]?) = (nil, nil, nil)
    try expect("{")
    while !take("}") {
      let name = try text()
      try expect(":")
      switch name {
      case "descr" where kind == nil: kind = try text()
      case "fortran_order" where isFortran == nil: isFortran = try truth()
      case "shape" where shape == nil: shape = try tuple()
      default: throw Self.problem
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipBlanks()
    guard rest.isEmpty, let kind, let isFortran, let shape else { throw Self.problem }
    return (kind, isFortran, shape)
  }

  private static let problem = ArrayProblem("its header is not that of an array of numbers")

  private mutating func skipBlanks() { rest = rest.drop { $0 == 32 || $0 == 10 } }

  private mutating func take(_ word: String) -> Bool {
    skipBlanks()
    guard rest.starts(with: word.utf8) else { return false }
    rest = rest.dropFirst(word.utf8.count)
    return true
  }

  private mutating func expect(_ word: String) throws(ArrayProblem) { if !take(word) { throw Self.problem } }

  private mutating func text() throws(ArrayProblem) -> String {
    try expect("'")
    let text = rest.prefix { $0 != UInt8(ascii: "'") }
    rest = rest.dropFirst(text.count)
    try expect("'")
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func truth() throws(ArrayProblem) -> Bool {
    if take("True") { return true }
    try expect("False")
    return false
  }

  private mutating func tuple() throws(ArrayProblem) -> [Int] {
    var sizes: [Int] = []
    try expect("(")
    while !take(")") {
      skipBlanks()
      let digits = rest.prefix { (48...57).contains($0) }
      guard sizes.count < 8, digits.count <= 18, let size = Int(String(decoding: digits, as: UTF8.self)) else {
        throw Self.problem
      }
      sizes.append(size)
      rest = rest.dropFirst(digits.count)
      if !take(",") {
        try expect(")")
        break
      }
    }
    return sizes
  }
}
