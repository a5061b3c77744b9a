import CNodeABI
import NodeHost
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The host's services for a node on a bench.
final class BenchHost {
  let native: UnsafeMutablePointer<auscult_host>
  private let graph = strdup("bench")
  private let node = strdup("node")
  private let kept = Kept()

  private final class Kept: Sendable {
    let lines = Mutex<[String]>([])
  }

  var lines: [String] { kept.lines.withLock { $0 } }

  init() {
    native = .allocate(capacity: 1)
    native.initialize(
      to: auscult_host(
        size: UInt32(MemoryLayout<auscult_host>.size), context: Unmanaged.passUnretained(kept).toOpaque(),
        graph: graph, node: node,
        log: { host, _, text in
          let kept = Unmanaged<Kept>.fromOpaque(host!.pointee.context).takeUnretainedValue()
          let line = String(cString: text!)
          kept.lines.withLock { $0.append(line) }
        },
        wall_time: { _, position in position }, clock_steps: { _ in 0 }, file: { _ in nil },
        extension: { _, _ in nil }))
  }

  deinit {
    native.deallocate()
    free(graph)
    free(node)
  }
}

/// Parameters, typed by the class's own declaration, as the ABI passes them.
final class BenchArguments {
  let list: UnsafeMutablePointer<auscult_argument>
  let count: Int
  private var memory: [UnsafeMutableRawPointer] = []

  init(_ nodeClass: NodeClass, _ parameters: [String: String]) throws {
    var values = nodeClass.parameters.compactMap { parameter in
      parameter.initialValue.map { (parameter.name, $0) }
    }
    for (name, text) in parameters {
      guard let parameter = nodeClass.parameter(name) else {
        throw NodeBench.Problem(text: "\(nodeClass.name) has no parameter \(name)")
      }
      values.removeAll { $0.0 == name }
      values.append((name, try BenchArguments.typed(parameter, text)))
    }
    count = values.count
    list = .allocate(capacity: max(1, count))
    for (index, (name, value)) in values.enumerated() {
      (list + index).initialize(to: auscult_argument(name: self.text(name), value: native(value)))
    }
  }

  deinit {
    for pointer in memory { free(pointer) }
    list.deallocate()
  }

  private static func typed(_ parameter: Parameter, _ text: String) throws -> ParameterValue {
    do {
      guard text.hasPrefix("["), text.hasSuffix("]") else { return try parameter.value(of: text) }
      let items = text.dropFirst().dropLast().split(separator: ",").map { $0.drop { $0 == " " } }
      return .list(try items.map { try parameter.value(of: String($0)) })
    } catch let problem as ParameterProblem {
      throw NodeBench.Problem(text: problem.message, parameter: parameter.name)
    }
  }

  private func text(_ text: String) -> UnsafePointer<CChar> {
    let copy = strdup(text)!
    memory.append(UnsafeMutableRawPointer(copy))
    return UnsafePointer(copy)
  }

  private func native(_ value: ParameterValue) -> auscult_value {
    var result = auscult_value()
    result.size = UInt32(MemoryLayout<auscult_value>.size)
    switch value {
    case .number(let number, let unit, let written):
      (result.type, result.number, result.unit, result.text) = (AUSCULT_NUMBER, number, unit, text(written))
    case .boolean(let flag): (result.type, result.number) = (AUSCULT_BOOLEAN, flag ? 1 : 0)
    case .text(let written): (result.type, result.text) = (AUSCULT_TEXT, text(written))
    case .list(let items):
      let bytes = max(1, items.count) * MemoryLayout<auscult_value>.stride
      let pointer = malloc(bytes)!
      memory.append(pointer)
      let values = pointer.bindMemory(to: auscult_value.self, capacity: items.count)
      for (index, item) in items.enumerated() { (values + index).initialize(to: native(item)) }
      (result.type, result.count, result.items) = (AUSCULT_LIST, UInt32(items.count), UnsafePointer(values))
    case .map: preconditionFailure("maps are for machines, and a bench has none")
    }
    return result
  }
}
