import TextEscapes

/// The only globals that a pickle may name: what NumPy's numbers are made of. None of them is called; what they would
/// make is made here.
enum PickleGlobal {
  case dtype, scalar, reconstruct, ndarray, frombuffer, encode, emptyBytes

  static func named(_ module: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) throws(ArrayProblem) -> PickleGlobal {
    let path = PathText.text(module) + "." + PathText.text(name)
    switch path {
    case "numpy.dtype": return .dtype
    case "numpy.ndarray": return .ndarray
    case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar": return .scalar
    case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct": return .reconstruct
    case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer": return .frombuffer
    // Bytes, in protocols 0 to 2.
    case "_codecs.encode": return .encode
    case "__builtin__.bytes", "builtins.bytes": return .emptyBytes
    default:
      let shown = path.unicodeScalars.prefix(80).map { $0.escaped(asASCII: true) }.joined()
      throw ArrayProblem("it names the global '\(shown)', which is code; only data is read")
    }
  }

  func call(_ items: [PickleItem], _ heap: PickleHeap) throws(ArrayProblem) -> PickleItem {
    switch (self, items.count) {
    case (.dtype, 1...3):
      guard case .text(let text) = items[0], let kind = NumberKind(text) else { break }
      return .kind(PickleKind(kind))
    case (.scalar, 2):
      guard case .kind(let kind) = items[0], case .bytes(let bytes) = items[1] else { break }
      return try Self.number(try NumberArray(kind.kind, shape: [], bytes, isFortran: false))
    case (.reconstruct, 3):
      guard case .global(.ndarray) = items[0] else { break }
      return .array(PickleArray())
    case (.frombuffer, 4):
      guard case .bytes(let bytes) = items[0], case .kind(let kind) = items[1], case .box(let shape) = items[2],
        case .text(let order) = items[3]
      else { break }
      let array = PickleArray()
      array.array = try NumberArray(kind.kind, shape: try shape.sizes(), bytes, isFortran: order == "F")
      return .array(array)
    case (.encode, 2):
      guard case .text(let text) = items[0], case .text(let code) = items[1], code == "latin1" || code == "latin-1"
      else {
        break
      }
      return .bytes(try Self.latin1(text, heap))
    case (.emptyBytes, 0): return .bytes([])
    default: break
    }
    throw ArrayProblem("it calls a function of NumPy's with what is no plain number or array")
  }

  private static func number(_ array: NumberArray) throws(ArrayProblem) -> PickleItem {
    switch array.kind.base {
    case .boolean: return .boolean(array.doubles[0] != 0)
    case .float: return .number(array.doubles[0])
    default:
      guard let number = array.integers?.first else { throw ArrayProblem("it holds a number of more than 63 bits") }
      return .integer(number)
    }
  }

  private static func latin1(_ text: String, _ heap: PickleHeap) throws(ArrayProblem) -> ArraySlice<UInt8> {
    try heap.spend(text.utf8.count)
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else { throw ArrayProblem("it holds bytes that are no bytes") }
      bytes.append(byte)
    }
    return bytes[...]
  }
}
