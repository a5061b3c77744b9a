/// A key, as a terminal sends it.
enum Key: Equatable {
  case up, down, left, right, pageUp, pageDown, enter, escape, erase, eraseLine
  case character(Character)
}

/// Reads keys from a terminal's bytes. The bytes of one key may come in pieces, over a slow line.
struct KeyReader {
  private var rest: [UInt8] = []

  /// The keys in these bytes. No bytes: time has passed, so that a single Escape is the key and no begin of another one.
  mutating func keys(_ bytes: [UInt8]) -> [Key] {
    if bytes.isEmpty {
      let isEscape = rest == [0x1b]
      rest = []
      return isEscape ? [.escape] : []
    }
    rest += bytes
    var keys: [Key] = []
    while let (key, count) = next() {
      rest.removeFirst(count)
      if let key { keys.append(key) }
    }
    return keys
  }

  /// The first key and the number of its bytes; nil: it is not whole. A key of nil has no meaning here.
  private func next() -> (Key?, Int)? {
    guard let first = rest.first else { return nil }
    switch first {
    case 0x1b: return sequence()
    case 0x0a, 0x0d: return (.enter, 1)
    case 0x08, 0x7f: return (.erase, 1)
    case 0x15: return (.eraseLine, 1)
    case 0x00..<0x20: return (nil, 1)
    default: return character(first)
    }
  }

  private func character(_ first: UInt8) -> (Key?, Int)? {
    let count = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    guard rest.count >= count else { return nil }
    // Bytes that are no UTF-8 are no key.
    guard let text = String(validating: rest.prefix(count), as: UTF8.self), let character = text.first else {
      return (nil, 1)
    }
    return (.character(character), count)
  }

  /// `ESC [ A`, `ESC O A`, `ESC [ 5 ~`, also with parameters.
  private func sequence() -> (Key?, Int)? {
    guard rest.count > 1 else { return nil }
    guard rest[1] == UInt8(ascii: "[") || rest[1] == UInt8(ascii: "O") else { return (.escape, 1) }
    guard let end = rest.dropFirst(2).firstIndex(where: { (0x40...0x7e).contains($0) }) else {
      return rest.count > 32 ? (nil, rest.count) : nil
    }
    let key: Key? =
      switch (rest[end], rest[2]) {
      case (UInt8(ascii: "A"), _): .up
      case (UInt8(ascii: "B"), _): .down
      case (UInt8(ascii: "C"), _): .right
      case (UInt8(ascii: "D"), _): .left
      case (UInt8(ascii: "~"), UInt8(ascii: "5")): .pageUp
      case (UInt8(ascii: "~"), UInt8(ascii: "6")): .pageDown
      default: nil
      }
    return (key, end + 1)
  }
}
