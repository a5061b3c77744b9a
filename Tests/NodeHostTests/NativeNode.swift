import CNodeABI
import Foundation
import NodeHost

/// One instance of a class with one input and one output, driven through the ABI as a host would: no engine between.
final class NativeNode {
  struct Failure: Error, Equatable {
    var text: String
    var parameter: String
  }

  private let nodeClass: UnsafePointer<auscult_class>
  private let host = UnsafeMutablePointer<auscult_host>.allocate(capacity: 1)
  private let name = "test".withCString { strdup($0)! }
  private var instance: UnsafeMutableRawPointer?
  private let format = UnsafeMutablePointer<auscult_format>.allocate(capacity: 1)
  private var owned: [UnsafeMutableRawPointer] = []

  init(_ nodeClass: NodeClass, numbers: [String: Double]) throws {
    self.nodeClass = nodeClass.native
    host.initialize(to: auscult_host())
    host.pointee.size = UInt32(MemoryLayout<auscult_host>.size)
    host.pointee.graph = UnsafePointer(name)
    host.pointee.node = UnsafePointer(name)
    format.initialize(to: auscult_format())
    let arguments = numbers.map { name, number in
      var value = auscult_value()
      value.size = UInt32(MemoryLayout<auscult_value>.size)
      value.type = AUSCULT_NUMBER
      value.number = number
      return auscult_argument(name: keep(strdup(name)), value: value)
    }
    let table = UnsafeMutablePointer<auscult_argument>.allocate(capacity: max(1, arguments.count))
    table.initialize(from: arguments, count: arguments.count)
    owned.append(table)
    try check { create(UInt32(arguments.count), table, $0) }
  }

  private func create(
    _ count: UInt32, _ arguments: UnsafePointer<auscult_argument>, _ error: UnsafeMutablePointer<auscult_error>
  ) -> auscult_status {
    nodeClass.pointee.create(nodeClass, host, count, arguments, &instance, error)
  }

  deinit {
    if let instance { nodeClass.pointee.destroy(instance) }
    for pointer in owned { free(pointer) }
    free(name)
    host.deallocate()
    format.deallocate()
  }

  /// Configures for tokens (audio: samples) of `columns` values, and activates.
  func start(kind: UInt32, channels: Int, columns: Int) throws {
    format.pointee.size = UInt32(MemoryLayout<auscult_format>.size)
    (format.pointee.kind, format.pointee.channels) = (kind, UInt32(channels))
    (format.pointee.rows, format.pointee.columns) = (1, UInt32(columns))
    (format.pointee.denominator, format.pointee.period, format.pointee.extent) = (1, 1, 1)
    var setup = auscult_setup(
      size: UInt32(MemoryLayout<auscult_setup>.size), driver_rate: 48000, quantum: 64, input_count: 1, inputs: format,
      input_ports: kept(0), input_nodes: kept(UnsafePointer(name)), memory: 0)
    var answer = auscult_answer()
    answer.size = UInt32(MemoryLayout<auscult_answer>.size)
    answer.output_count = 1
    answer.outputs = kept(format.pointee)
    answer.bursts = kept(0)
    try check { nodeClass.pointee.configure(instance, &setup, &answer, $0) }
    try check { nodeClass.pointee.activate(instance, $0) }
  }

  func reset() { nodeClass.pointee.reset?(instance) }

  func stop() { nodeClass.pointee.deactivate(instance) }

  /// Gives the values of one cycle: [token][channel][column], for audio [channel][sample] in one "token".
  func process(_ values: [[[Float]]]) -> [[[Float]]] {
    let isAudio = format.pointee.kind == AUSCULT_AUDIO
    let channels = Int(format.pointee.channels)
    let width = values.first?.first?.count ?? 0
    let count = isAudio ? width : values.count
    var data = values.flatMap { $0.flatMap { $0 } }
    var result = [Float](repeating: .nan, count: data.count)
    data.withUnsafeMutableBufferPointer { data in
      result.withUnsafeMutableBufferPointer { result in
        var input = block(data, count, width, channels, isAudio)
        var output = block(result, 0, width, channels, isAudio)
        output.capacity = UInt32(count)
        run(&input, &output)
        precondition(output.count == count)
      }
    }
    return values.indices.map { token in
      (0..<channels).map { Array(result[((token * channels + $0) * width)..<((token * channels + $0 + 1) * width)]) }
    }
  }

  private func run(_ input: inout auscult_block, _ output: inout auscult_block) {
    withUnsafeMutablePointer(to: &input) { input in
      withUnsafeMutablePointer(to: &output) { output in
        var inputs: UnsafePointer<auscult_block>? = UnsafePointer(input)
        var outputs: UnsafeMutablePointer<auscult_block>? = output
        withUnsafePointer(to: &inputs) { inputs in
          withUnsafePointer(to: &outputs) { outputs in
            var cycle = auscult_cycle()
            cycle.size = UInt32(MemoryLayout<auscult_cycle>.size)
            (cycle.input_count, cycle.output_count) = (1, 1)
            (cycle.inputs, cycle.outputs) = (inputs, outputs)
            let status = nodeClass.pointee.process(instance, &cycle)
            precondition(status == AUSCULT_OK)
          }
        }
      }
    }
  }

  private func block(
    _ data: UnsafeMutableBufferPointer<Float>, _ count: Int, _ width: Int, _ channels: Int, _ isAudio: Bool
  ) -> auscult_block {
    var block = auscult_block()
    block.size = UInt32(MemoryLayout<auscult_block>.size)
    block.count = UInt32(count)
    block.token_stride = isAudio ? 4 : UInt32(channels * width * 4)
    block.channel_stride = UInt32(width * 4)
    block.data = UnsafeMutableRawPointer(data.baseAddress)
    block.format = UnsafePointer(format)
    return block
  }

  private func kept<T>(_ value: T) -> UnsafeMutablePointer<T> {
    let pointer = UnsafeMutablePointer<T>.allocate(capacity: 1)
    pointer.initialize(to: value)
    owned.append(pointer)
    return pointer
  }

  private func keep(_ text: UnsafeMutablePointer<CChar>?) -> UnsafePointer<CChar>? {
    text.map { owned.append($0) }
    return UnsafePointer(text)
  }

  private func check(_ body: (UnsafeMutablePointer<auscult_error>) -> auscult_status) throws {
    var error = auscult_error()
    error.size = UInt32(MemoryLayout<auscult_error>.size)
    let status = withUnsafeMutablePointer(to: &error) { body($0) }
    guard status != AUSCULT_OK else { return }
    throw Failure(
      text: withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) },
      parameter: withUnsafeBytes(of: error.parameter) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
  }
}
