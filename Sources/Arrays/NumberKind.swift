/// The type of an array's numbers, as NumPy writes it: "<f4", "|u1", ">i8".
public struct NumberKind: Sendable, Equatable {
  public enum Base: UInt8, Sendable {
    case boolean = 0x62  // b
    case signed = 0x69  // i
    case unsigned = 0x75  // u
    case float = 0x66  // f
  }
  public let base: Base
  /// Bytes of a number: 1, 2, 4 or 8; floats have 4 or 8.
  public let width: Int
  public var isBigEndian = false

  public init(_ base: Base, width: Int) { (self.base, self.width) = (base, width) }

  /// Nil: not a kind of numbers that is known, such as objects, complex numbers and texts.
  public init?(_ text: String) {
    var bytes = Array(text.utf8)
    if let first = bytes.first, "<>|=".utf8.contains(first) {
      isBigEndian = first == UInt8(ascii: ">")
      bytes.removeFirst()
    }
    guard bytes.count == 2, let base = Base(rawValue: bytes[0]) else { return nil }
    let width = Int(bytes[1]) - 48
    let widths: [Int] =
      switch base {
      case .boolean: [1]
      case .float: [4, 8]
      default: [1, 2, 4, 8]
      }
    guard widths.contains(width) else { return nil }
    (self.base, self.width) = (base, width)
  }
}

/// Numbers in a shape, row by row.
public struct NumberArray: Sendable, Equatable {
  public let kind: NumberKind
  public let shape: [Int]
  private let bytes: ArraySlice<UInt8>

  public var count: Int { bytes.count / kind.width }

  /// - Throws: `ArrayProblem` where the bytes are not as many as the shape says, or the order is not row by row.
  public init(_ kind: NumberKind, shape: [Int], _ bytes: ArraySlice<UInt8>, isFortran: Bool) throws(ArrayProblem) {
    guard shape.count <= 8, shape.allSatisfy({ $0 >= 0 }) else {
      throw ArrayProblem("an array has an impossible shape")
    }
    var size = kind.width
    for extent in shape {
      let (product, overflows) = size.multipliedReportingOverflow(by: extent)
      guard !overflows else { throw ArrayProblem("an array claims an absurd size") }
      size = product
    }
    guard size == bytes.count else {
      throw ArrayProblem("an array of shape \(shape) needs \(size) bytes, \(bytes.count) are there")
    }
    if isFortran, shape.count(where: { $0 > 1 }) > 1 {
      throw ArrayProblem("an array is in Fortran's order; write it by numpy.ascontiguousarray")
    }
    (self.kind, self.shape, self.bytes) = (kind, shape, bytes)
  }

  public var doubles: [Double] {
    (0..<count).map { index in
      let bits = bits(index)
      switch kind.base {
      case .boolean: return bits == 0 ? 0 : 1
      case .unsigned: return Double(bits)
      case .signed: return Double(Int64(truncatingIfNeeded: signed(bits)))
      case .float:
        return kind.width == 4
          ? Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))) : Double(bitPattern: bits)
      }
    }
  }

  public var floats: [Float] { doubles.map { Float($0) } }

  /// Whole numbers; nil: it has others.
  public var integers: [Int64]? {
    var result: [Int64] = []
    result.reserveCapacity(count)
    for index in 0..<count {
      let bits = bits(index)
      switch kind.base {
      case .boolean: result.append(bits == 0 ? 0 : 1)
      case .signed: result.append(signed(bits))
      case .unsigned:
        guard let number = Int64(exactly: bits) else { return nil }
        result.append(number)
      case .float: return nil
      }
    }
    return result
  }

  private func bits(_ index: Int) -> UInt64 {
    let begin = bytes.startIndex + index * kind.width
    let number = bytes[begin..<begin + kind.width]
    return kind.isBigEndian
      ? number.reduce(0) { $0 << 8 | UInt64($1) } : number.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func signed(_ bits: UInt64) -> Int64 {
    let unused = UInt64(64 - 8 * kind.width)
    return Int64(bitPattern: bits << unused) >> Int64(unused)
  }
}
