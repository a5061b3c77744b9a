import CNodeABI
import Graph
import NodeHost

/// A node's arguments in the form of the ABI.
package final class NativeArguments {
  package let list: UnsafeMutablePointer<auscult_argument>
  package let count: Int
  private let arena = Arena()

  package init(_ arguments: [Graph.Argument]) {
    count = arguments.count
    list = arena.array(auscult_argument.self, count: arguments.count)
    for (index, argument) in arguments.enumerated() {
      list[index] = auscult_argument(name: arena.text(argument.name), value: native(argument.value))
    }
  }

  private func native(_ value: ParameterValue) -> auscult_value {
    var result = auscult_value()
    result.size = UInt32(MemoryLayout<auscult_value>.size)
    switch value {
    case .number(let number, let unit, let text):
      result.type = AUSCULT_NUMBER
      result.number = number
      result.unit = unit
      result.text = arena.text(text)
    case .boolean(let flag):
      result.type = AUSCULT_BOOLEAN
      result.number = flag ? 1 : 0
    case .text(let text):
      result.type = AUSCULT_TEXT
      result.text = arena.text(text)
    case .list(let items):
      result.type = AUSCULT_LIST
      result.count = UInt32(items.count)
      result.items = UnsafePointer(arena.array(items.map { native($0) }))
    case .map(let entries):
      result.type = AUSCULT_MAP
      result.count = UInt32(entries.count)
      result.items = UnsafePointer(arena.array(entries.map { native($0.1) }))
      result.keys = arena.texts(entries.map { $0.0 })
    }
    return result
  }
}
