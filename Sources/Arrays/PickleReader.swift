/// Reads pickles of protocols 0 to 5 that hold data only: dictionaries, lists, tuples, texts, numbers, and NumPy's
/// scalars and arrays. Executes nothing: each opcode that is not known here is refused, and each global by its name.
///
/// Memory is bounded by the size of the file, whatever it claims. Nothing recurses on the way in; on the way out to a
/// depth of 16.
public struct PickleReader {
  public static let mostBytes = 64 << 20
  /// Values that may lie on the stack or in the memo at a time.
  private static let mostValues = 1 << 20

  private var input: PickleInput
  private let heap = PickleHeap()
  private var stack: [PickleItem] = []
  private var memo: [UInt64: PickleItem] = [:]

  private init(_ bytes: ArraySlice<UInt8>) { input = PickleInput(bytes) }

  /// - Throws: `ArrayProblem` that names what is refused, and where.
  public static func read(_ bytes: ArraySlice<UInt8>) throws(ArrayProblem) -> PickleValue {
    guard bytes.count <= mostBytes else { throw ArrayProblem("it is larger than \(mostBytes >> 20) MiB") }
    var reader = PickleReader(bytes)
    // Containers may hold each other in circles, or be nested deeply: they are emptied one by one.
    defer {
      reader.stack = []
      reader.memo = [:]
      reader.heap.empty()
    }
    let last = try reader.run()
    var budget = mostValues
    return try last.value(depth: 16, &budget)
  }

  private mutating func run() throws(ArrayProblem) -> PickleItem {
    while true {
      let place = input.place
      let code = try input.byte()
      if code == UInt8(ascii: ".") { return try pop() }
      guard try take(code) else {
        throw ArrayProblem(
          "it has the opcode \(PickleNames.opcode(code)) at byte \(place), which may run code or is unknown")
      }
      guard stack.count <= Self.mostValues, memo.count <= Self.mostValues, heap.count <= Self.mostValues else {
        throw ArrayProblem("it holds more than \(Self.mostValues) values")
      }
    }
  }

  /// - Returns: whether the opcode is known.
  private mutating func take(_ code: UInt8) throws(ArrayProblem) -> Bool {
    if let item = try input.literal(code) {
      stack.append(item)
      return true
    }
    switch code {
    case 0x80:
      let version = try input.byte()
      guard version <= 5 else { throw ArrayProblem("it is of protocol \(version)") }
    case 0x95: _ = try input.take(8)
    case UInt8(ascii: "("): stack.append(.mark)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popToMark()
    default:
      if try takeContainer(code) { return true }
      if try takeMemo(code) { return true }
      return try takeGlobal(code)
    }
    return true
  }

  // MARK: Stack

  private mutating func pop() throws(ArrayProblem) -> PickleItem {
    guard let item = stack.popLast() else { throw ArrayProblem("it takes a value that is not there") }
    if case .mark = item { throw ArrayProblem("it takes a value that is not there") }
    return item
  }

  private mutating func popToMark() throws(ArrayProblem) -> [PickleItem] {
    guard let mark = stack.lastIndex(where: { if case .mark = $0 { true } else { false } }) else {
      throw ArrayProblem("it ends a list that has not begun")
    }
    let items = Array(stack[(mark + 1)...])
    stack.removeLast(items.count + 1)
    return items
  }

  private mutating func pop(_ count: Int) throws(ArrayProblem) -> [PickleItem] {
    var items: [PickleItem] = []
    for _ in 0..<count { items.append(try pop()) }
    return items.reversed()
  }

  // MARK: Containers

  private mutating func takeContainer(_ code: UInt8) throws(ArrayProblem) -> Bool {
    switch code {
    case UInt8(ascii: ")"): try push(.tuple, [])
    case UInt8(ascii: "t"): try push(.tuple, try popToMark())
    case 0x85, 0x86, 0x87: try push(.tuple, try pop(Int(code) - 0x84))
    case UInt8(ascii: "]"): try push(.list, [])
    case UInt8(ascii: "l"): try push(.list, try popToMark())
    case UInt8(ascii: "}"): try push(.dictionary, [])
    case UInt8(ascii: "d"): try push(.dictionary, try popToMark())
    case UInt8(ascii: "a"):
      let items = try pop(1)
      try add(items, to: .list)
    case UInt8(ascii: "e"):
      let items = try popToMark()
      try add(items, to: .list)
    case UInt8(ascii: "s"):
      let items = try pop(2)
      try add(items, to: .dictionary)
    case UInt8(ascii: "u"):
      let items = try popToMark()
      try add(items, to: .dictionary)
    default: return false
    }
    return true
  }

  private mutating func push(_ kind: PickleBox.Kind, _ items: [PickleItem]) throws(ArrayProblem) {
    if kind == .dictionary, items.count % 2 != 0 { throw ArrayProblem("it has a key without a value") }
    try heap.spend(items.count * MemoryLayout<PickleItem>.stride)
    stack.append(.box(heap.box(kind, items)))
  }

  private func add(_ items: [PickleItem], to kind: PickleBox.Kind) throws(ArrayProblem) {
    guard case .box(let box)? = stack.last, box.kind == kind else {
      throw ArrayProblem("it adds to what is no container")
    }
    if kind == .dictionary, items.count % 2 != 0 { throw ArrayProblem("it has a key without a value") }
    try heap.spend(items.count * MemoryLayout<PickleItem>.stride)
    box.items += items
  }

  // MARK: Memo

  private mutating func takeMemo(_ code: UInt8) throws(ArrayProblem) -> Bool {
    switch code {
    case UInt8(ascii: "p"): try remember(try input.decimal())
    case UInt8(ascii: "q"): try remember(try input.unsigned(1))
    case UInt8(ascii: "r"): try remember(try input.unsigned(4))
    case 0x94: try remember(UInt64(memo.count))
    case UInt8(ascii: "g"): try recall(try input.decimal())
    case UInt8(ascii: "h"): try recall(try input.unsigned(1))
    case UInt8(ascii: "j"): try recall(try input.unsigned(4))
    default: return false
    }
    return true
  }

  private mutating func remember(_ number: UInt64) throws(ArrayProblem) {
    let item = try pop()
    stack.append(item)
    memo[number] = item
  }

  private mutating func recall(_ number: UInt64) throws(ArrayProblem) {
    guard let item = memo[number] else { throw ArrayProblem("it recalls a value that it has not stored") }
    stack.append(item)
  }

  // MARK: Globals

  private mutating func takeGlobal(_ code: UInt8) throws(ArrayProblem) -> Bool {
    switch code {
    case UInt8(ascii: "c"):
      let (module, name) = (try input.line(), try input.line())
      stack.append(.global(try PickleGlobal.named(module, name)))
    case 0x93:
      let words = try pop(2)
      guard case .text(let module) = words[0], case .text(let name) = words[1] else {
        throw ArrayProblem("it names a global by what is no text")
      }
      stack.append(.global(try PickleGlobal.named(Array(module.utf8)[...], Array(name.utf8)[...])))
    case UInt8(ascii: "R"):
      let words = try pop(2)
      guard case .global(let global) = words[0], case .box(let box) = words[1], box.kind == .tuple else {
        throw ArrayProblem("it calls what is no function")
      }
      stack.append(try global.call(box.items, heap))
    case UInt8(ascii: "b"):
      let words = try pop(2)
      guard case .box(let box) = words[1], box.kind == .tuple else { throw ArrayProblem("it sets a state of its own") }
      try words[0].setState(box.items)
      stack.append(words[0])
    default: return false
    }
    return true
  }
}
