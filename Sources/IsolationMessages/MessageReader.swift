import RealtimeCore

/// Reads a message that may be anything. Once it does not hold what was asked for, `isBad` is true, and all that is read
/// is 0 or empty.
public struct MessageReader {
  public let bytes: [UInt8]
  private var place = 0
  public private(set) var isBad = false

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  private var left: Int { bytes.count - place }

  private mutating func step(_ count: Int) -> Int? {
    guard !isBad, count >= 0, count <= left else {
      isBad = true
      return nil
    }
    defer { place += count }
    return place
  }

  public mutating func fail() { isBad = true }

  public mutating func number<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self) -> T {
    guard let start = step(MemoryLayout<T>.size) else { return 0 }
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: T.self) }
  }

  public mutating func real() -> Double { Double(bitPattern: number(UInt64.self)) }
  public mutating func flag() -> Bool { number(UInt32.self) != 0 }

  /// A number of items, each of which takes at least `least` bytes: so a wrong number is found before memory is taken.
  public mutating func count(least: Int) -> Int {
    let count = Int(number(UInt32.self))
    guard count <= left / max(1, least) else {
      isBad = true
      return 0
    }
    return count
  }

  /// Nil: it is missing.
  public mutating func rawBytes() -> ArraySlice<UInt8>? {
    let count = number(UInt32.self)
    if count == MessageWriter.missing { return nil }
    guard let start = step(Int(count)) else { return nil }
    return bytes[start..<start + Int(count)]
  }

  public mutating func plain(_ count: Int) -> ArraySlice<UInt8> {
    guard let start = step(count) else { return [] }
    return bytes[start..<start + count]
  }

  public mutating func optionalText() -> String? { rawBytes().map { String(decoding: $0, as: UTF8.self) } }
  public mutating func text() -> String { optionalText() ?? "" }
  public mutating func texts() -> [String] { (0..<count(least: 4)).map { _ in text() } }
}

extension MessageReader {
  /// A text for C; nil: it is missing.
  package mutating func nativeText(_ arena: Arena) -> UnsafePointer<CChar>? {
    guard let bytes = rawBytes() else { return nil }
    return UnsafePointer(arena.array(bytes.map { CChar(bitPattern: $0) } + [0]))
  }

  /// Texts for C, with a null pointer after them; nil: there are none.
  package mutating func nativeTexts(_ arena: Arena) -> (texts: UnsafePointer<UnsafePointer<CChar>?>?, count: Int) {
    let count = count(least: 4)
    guard count > 0 else { return (nil, 0) }
    return (UnsafePointer(arena.array((0..<count).map { _ in nativeText(arena) } + [nil])), count)
  }
}
