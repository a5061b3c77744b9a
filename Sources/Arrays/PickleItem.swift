/// A value while a pickle is read.
enum PickleItem {
  case mark
  case none
  case boolean(Bool)
  case integer(Int64)
  case number(Double)
  case text(String)
  case bytes(ArraySlice<UInt8>)
  case box(PickleBox)
  case global(PickleGlobal)
  case kind(PickleKind)
  case array(PickleArray)
}

/// A container, which may hold itself.
final class PickleBox {
  enum Kind { case list, tuple, dictionary }
  let kind: Kind
  /// Of a dictionary: keys and values in turn.
  var items: [PickleItem]

  init(_ kind: Kind, _ items: [PickleItem]) { (self.kind, self.items) = (kind, items) }
}

/// NumPy's dtype, which is built in two steps.
final class PickleKind {
  var kind: NumberKind
  init(_ kind: NumberKind) { self.kind = kind }
}

/// NumPy's array, which is built in two steps.
final class PickleArray {
  var array: NumberArray?
}

/// All containers of a pickle, so that none is freed by another one: a chain of a million would overflow the stack.
final class PickleHeap {
  private var boxes: [PickleBox] = []
  /// Bytes that containers may still hold, and texts may still be copied to.
  private var room = 4 * PickleReader.mostBytes

  var count: Int { boxes.count }

  func box(_ kind: PickleBox.Kind, _ items: [PickleItem]) -> PickleBox {
    boxes.append(PickleBox(kind, items))
    return boxes[boxes.count - 1]
  }

  func empty() { for box in boxes { box.items = [] } }

  func spend(_ bytes: Int) throws(ArrayProblem) {
    room -= bytes
    if room < 0 { throw ArrayProblem("it grows to more than \(4 * PickleReader.mostBytes >> 20) MiB") }
  }
}

extension PickleItem {
  /// - Parameters:
  ///   - depth: containers that may still hold each other.
  ///   - budget: values that may still be made.
  func value(depth: Int, _ budget: inout Int) throws(ArrayProblem) -> PickleValue {
    budget -= 1
    guard budget > 0, depth > 0 else { throw ArrayProblem("it is nested too deeply, or holds too many values") }
    switch self {
    case .none: return .none
    case .boolean(let truth): return .boolean(truth)
    case .integer(let number): return .integer(number)
    case .number(let number): return .number(number)
    case .text(let text): return .text(text)
    case .bytes(let bytes): return .bytes(Array(bytes))
    case .array(let array):
      guard let numbers = array.array else { throw ArrayProblem("it holds an array without numbers") }
      return .array(numbers)
    case .box(let box): return try box.value(depth: depth - 1, &budget)
    case .mark, .global, .kind: throw ArrayProblem("it holds what is no data")
    }
  }

  /// NumPy's `__setstate__` of dtypes and arrays.
  func setState(_ items: [PickleItem]) throws(ArrayProblem) {
    switch self {
    case .kind(let kind):
      guard items.count >= 2, case .text(let order) = items[1], ["<", ">", "|", "="].contains(order),
        items.dropFirst(2).prefix(3).allSatisfy({ if case .none = $0 { true } else { false } })
      else { throw ArrayProblem("it has a dtype that is no plain number") }
      kind.kind.isBigEndian = order == ">"
    case .array(let array):
      guard items.count == 5, case .box(let shape) = items[1], case .kind(let kind) = items[2],
        case .boolean(let isFortran) = items[3], case .bytes(let bytes) = items[4]
      else { throw ArrayProblem("it has an array that is not of plain numbers") }
      array.array = try NumberArray(kind.kind, shape: try shape.sizes(), bytes, isFortran: isFortran)
    default: throw ArrayProblem("it sets the state of what is no array")
    }
  }
}

extension PickleBox {
  fileprivate func value(depth: Int, _ budget: inout Int) throws(ArrayProblem) -> PickleValue {
    var values: [PickleValue] = []
    for item in items { values.append(try item.value(depth: depth, &budget)) }
    guard kind == .dictionary else { return .list(values) }
    return .dictionary(
      stride(from: 0, to: values.count, by: 2).map { PickleValue.Pair(key: values[$0], value: values[$0 + 1]) })
  }

  /// A shape.
  func sizes() throws(ArrayProblem) -> [Int] {
    var sizes: [Int] = []
    for item in items {
      guard case .integer(let size) = item, sizes.count < 8 else {
        throw ArrayProblem("an array has an impossible shape")
      }
      sizes.append(Int(size))
    }
    return sizes
  }
}
