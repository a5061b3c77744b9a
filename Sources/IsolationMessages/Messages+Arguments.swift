import CNodeABI
import RealtimeCore

/// A node's arguments in messages.
extension MessageWriter {
  public mutating func add(arguments: UnsafePointer<auscult_argument>?, count: UInt32) {
    add(count)
    for index in 0..<Int(count) {
      add(text: arguments![index].name)
      add(value: arguments![index].value)
    }
  }

  private mutating func add(value: auscult_value) {
    add(value.type)
    add(value.unit)
    add(value.number)
    add(text: value.text)
    add(value.count)
    for index in 0..<Int(value.count) {
      if value.type == AUSCULT_MAP { add(text: value.keys[index]) }
      add(value: value.items[index])
    }
  }
}

extension MessageReader {
  package mutating func arguments(_ arena: Arena) -> (list: UnsafeMutablePointer<auscult_argument>, count: Int) {
    let count = count(least: 28)
    let list = arena.array(auscult_argument.self, count: count)
    for index in 0..<count {
      let name = nativeText(arena)
      list[index] = auscult_argument(name: name, value: value(arena, depth: 0))
    }
    return (list, count)
  }

  private mutating func value(_ arena: Arena, depth: Int) -> auscult_value {
    var value = auscult_value()
    value.size = UInt32(MemoryLayout<auscult_value>.size)
    value.type = number()
    value.unit = number()
    value.number = real()
    value.text = nativeText(arena)
    let count = count(least: 24)
    value.count = UInt32(count)
    guard count > 0, depth < 8 else {
      if count > 0 { fail() }
      return value
    }
    let items = arena.array(auscult_value.self, count: count)
    let keys = arena.array(UnsafePointer<CChar>?.self, count: count)
    for index in 0..<count {
      if value.type == AUSCULT_MAP { keys[index] = nativeText(arena) }
      items[index] = self.value(arena, depth: depth + 1)
    }
    value.items = UnsafePointer(items)
    if value.type == AUSCULT_MAP { value.keys = UnsafePointer(keys) }
    return value
  }
}
