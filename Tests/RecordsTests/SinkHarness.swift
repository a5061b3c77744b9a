import CNodeABI
import Foundation
import NodeHost
import TestSupport

/// Drives one sink through the plugin ABI, as the engine's workers do, but with blocks of a test's choice.
final class SinkHarness {
  /// One link to the sink.
  struct Input: @unchecked Sendable {
    var node = "judge"
    var format: auscult_format
    var machines: [String]
    var frequencies: [Float] = []
    var model: String?
    var classNames: [String] = []
    var library: String? = "b1"

    init(
      _ kind: UInt32, node: String = "judge", machines: [String] = ["fan-00"], rows: Int = 1, columns: Int = 1,
      rate: Int = 48000, denominator: Int64 = 1, period: Int64 = 1, extent: Int64? = nil, offset: Int64 = 0
    ) {
      self.node = node
      self.machines = machines
      format = auscult_format()
      format.size = UInt32(MemoryLayout<auscult_format>.size)
      format.kind = kind
      format.channels = UInt32(machines.count)
      format.rows = UInt32(rows)
      format.columns = UInt32(columns)
      format.driver_rate = UInt32(rate)
      format.denominator = denominator
      format.period = period
      format.extent = extent ?? period
      format.offset = offset
    }
  }

  /// Tokens of one input in one call.
  struct Tokens {
    /// Values [token][channel][value]; audio: one token of [channel][sample].
    var values: [[[Float]]] = []
    var scores: [[auscult_score]] = []
    var events: [auscult_event] = []
    var heads: [auscult_head] = []
    /// Marks [token][channel]; empty: the stream has none.
    var marks: [[UInt32]] = []
    var complete: Int64 = 0
    var isEnd = false
    var gap: auscult_gap?
  }

  struct Failure: Error, CustomStringConvertible {
    var text: String
    var parameter = ""
    var description: String { text }
  }

  private let nodeClass: UnsafePointer<auscult_class>
  private var instance: UnsafeMutableRawPointer?
  private let host: UnsafeMutablePointer<auscult_host>
  private let memory = Memory()
  private(set) var logged: [String] = []
  var file: String?
  var clockSteps: UInt64 = 0
  /// Nanoseconds since the epoch at position 0.
  var anchor: Int64 = 1_795_253_400_000_000_000
  private var rate = 48000
  private var isActive = false
  private var inputs: [(format: UnsafePointer<auscult_format>, producer: UnsafePointer<auscult_producer>)] = []

  init(_ className: String, _ arguments: [String: String]) throws {
    guard let nodeClass = TestPlugins.catalog[className] else { throw Failure(text: "no class \(className)") }
    self.nodeClass = nodeClass.native
    host = .allocate(capacity: 1)
    host.initialize(to: auscult_host())
    host.pointee = auscult_host(
      size: UInt32(MemoryLayout<auscult_host>.size), context: Unmanaged.passUnretained(self).toOpaque(),
      graph: memory.text("fan-watch"), node: memory.text("log"), log: hostLog, wall_time: hostTime,
      clock_steps: hostSteps, file: hostFile, extension: { _, _ in nil })
    var error = auscult_error()
    let values = Self.values(nodeClass, arguments, memory)
    let list = memory.array(values)
    guard
      self.nodeClass.pointee.create(self.nodeClass, host, UInt32(values.count), list, &instance, &error) == AUSCULT_OK
    else {
      throw Failure(error)
    }
  }

  deinit {
    if isActive { deactivate() }
    if let instance { nodeClass.pointee.destroy(instance) }
    host.deallocate()
  }

  private static func values(_ nodeClass: NodeClass, _ given: [String: String], _ memory: Memory) -> [auscult_argument]
  {
    nodeClass.parameters.compactMap { parameter in
      guard let text = given[parameter.name] ?? parameter.initial else { return nil }
      var value = auscult_value()
      value.size = UInt32(MemoryLayout<auscult_value>.size)
      value.type = parameter.kind == .boolean ? AUSCULT_BOOLEAN : AUSCULT_TEXT
      value.number = text == "true" ? 1 : 0
      value.text = memory.text(text)
      return auscult_argument(name: memory.text(parameter.name), value: value)
    }
  }

  /// Configures and activates.
  func start(_ inputs: [Input]) throws {
    rate = Int(inputs.first?.format.driver_rate ?? 48000)
    self.inputs = inputs.map { input in
      var format = input.format
      format.machines = memory.texts(input.machines)
      format.frequencies = UnsafePointer(memory.array(input.frequencies))
      format.frequency_count = UInt32(input.frequencies.count)
      let producer = auscult_producer(
        size: UInt32(MemoryLayout<auscult_producer>.size), node: memory.text(input.node),
        class_name: memory.text("detector.test"), library: input.library.map { memory.text($0) },
        model: input.model.map { memory.text($0) },
        class_names: input.classNames.isEmpty ? nil : memory.texts(input.classNames),
        class_name_count: UInt32(input.classNames.count))
      return (UnsafePointer(memory.array([format])), UnsafePointer(memory.array([producer])))
    }
    var setup = auscult_setup()
    setup.size = UInt32(MemoryLayout<auscult_setup>.size)
    setup.driver_rate = UInt32(rate)
    setup.quantum = 1024
    setup.input_count = UInt32(inputs.count)
    setup.inputs = UnsafePointer(memory.array(self.inputs.map { $0.format.pointee }))
    setup.input_ports = UnsafePointer(memory.array(inputs.map { _ in UInt32(0) }))
    setup.input_nodes = memory.texts(inputs.map(\.node))
    var answer = auscult_answer()
    answer.size = UInt32(MemoryLayout<auscult_answer>.size)
    var error = auscult_error()
    guard nodeClass.pointee.configure(instance, &setup, &answer, &error) == AUSCULT_OK else { throw Failure(error) }
    guard nodeClass.pointee.activate(instance, &error) == AUSCULT_OK else { throw Failure(error) }
    isActive = true
  }

  func deactivate() {
    nodeClass.pointee.deactivate(instance)
    isActive = false
  }

  /// One call of `process`, with something for every input.
  func process(_ tokens: [Tokens]) throws {
    let memory = Memory()
    let blocks = zip(inputs, tokens).map { input, tokens in
      UnsafePointer(memory.array([block(tokens, input.format, input.producer, memory)]))
    }
    var cycle = auscult_cycle()
    cycle.size = UInt32(MemoryLayout<auscult_cycle>.size)
    cycle.input_count = UInt32(blocks.count)
    let pointers = memory.array(blocks.map { Optional($0) })
    cycle.inputs = UnsafePointer(pointers)
    if nodeClass.pointee.process(instance, &cycle) != AUSCULT_OK {
      throw Failure(text: logged.last ?? "failed without saying why")
    }
  }

  private func block(
    _ tokens: Tokens, _ format: UnsafePointer<auscult_format>, _ producer: UnsafePointer<auscult_producer>,
    _ memory: Memory
  ) -> auscult_block {
    var block = auscult_block()
    block.size = UInt32(MemoryLayout<auscult_block>.size)
    block.format = format
    block.producer = producer
    block.complete = tokens.complete
    block.flags = (tokens.isEnd ? AUSCULT_BLOCK_END : 0) | (tokens.gap != nil ? AUSCULT_BLOCK_GAP : 0)
    if let gap = tokens.gap { block.gap = gap }
    block.heads = memory.array(tokens.heads)
    lay(tokens, &block, memory)
    if !tokens.marks.isEmpty {
      block.marks = memory.array(tokens.marks.flatMap { $0.map { UInt8($0) } })
      block.mark_token_stride = format.pointee.channels
      block.mark_channel_stride = 1
    }
    return block
  }

  private func lay(_ tokens: Tokens, _ block: inout auscult_block, _ memory: Memory) {
    let channels = Int(block.format.pointee.channels)
    switch block.format.pointee.kind {
    case AUSCULT_SCORE:
      block.count = UInt32(tokens.scores.count)
      block.channel_stride = 64
      block.token_stride = 64 * UInt32(channels)
      let data = memory.bytes(max(1, tokens.scores.count) * channels * 64)
      for (token, scores) in tokens.scores.enumerated() {
        for (channel, score) in scores.enumerated() {
          (data + (token * channels + channel) * 64).storeBytes(of: score, as: auscult_score.self)
        }
      }
      block.data = data
    case AUSCULT_EVENT:
      block.count = UInt32(tokens.events.count)
      block.token_stride = UInt32(MemoryLayout<auscult_event>.stride)
      block.data = UnsafeMutableRawPointer(memory.array(tokens.events))
    case AUSCULT_AUDIO:
      let samples = tokens.values.first?.map { $0 } ?? []
      let count = samples.first?.count ?? 0
      block.count = UInt32(count)
      block.token_stride = 4
      block.channel_stride = UInt32((count * 4 + 63) / 64 * 64)
      block.data = laid([samples], stride: Int(block.channel_stride), memory)
    default:
      block.count = UInt32(tokens.values.count)
      let width = (tokens.values.first?.first?.count ?? 0) * 4
      block.channel_stride = UInt32((width + 63) / 64 * 64)
      block.token_stride = block.channel_stride * UInt32(channels)
      block.data = laid(tokens.values, stride: Int(block.channel_stride), memory)
    }
  }

  private func laid(_ values: [[[Float]]], stride: Int, _ memory: Memory) -> UnsafeMutableRawPointer {
    let channels = values.first?.count ?? 1
    let data = memory.bytes(max(64, values.count * channels * stride))
    for (token, channelValues) in values.enumerated() {
      for (channel, numbers) in channelValues.enumerated() {
        numbers.withUnsafeBytes {
          guard let from = $0.baseAddress else { return }
          (data + (token * channels + channel) * stride).copyMemory(from: from, byteCount: $0.count)
        }
      }
    }
    return data
  }

  fileprivate func note(_ text: String) { logged.append(text) }
  fileprivate func time(_ position: Int64) -> Int64 {
    anchor + position / Int64(rate) * 1_000_000_000 + position % Int64(rate) * 1_000_000_000 / Int64(rate)
  }
  fileprivate lazy var filePointers: [String: UnsafePointer<CChar>] = [:]
  fileprivate var filePointer: UnsafePointer<CChar>? {
    guard let file else { return nil }
    if filePointers[file] == nil { filePointers[file] = memory.text(file) }
    return filePointers[file]
  }
}

extension SinkHarness.Failure {
  init(_ error: auscult_error) {
    var error = error
    text = withUnsafeBytes(of: &error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    parameter = withUnsafeBytes(of: &error.parameter) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

private func harness(_ host: UnsafePointer<auscult_host>?) -> SinkHarness {
  Unmanaged<SinkHarness>.fromOpaque(host!.pointee.context).takeUnretainedValue()
}
private let hostLog: @convention(c) (UnsafePointer<auscult_host>?, Int32, UnsafePointer<CChar>?) -> Void = {
  harness($0).note(String(cString: $2!))
}
private let hostTime: @convention(c) (UnsafePointer<auscult_host>?, Int64) -> Int64 = { harness($0).time($1) }
private let hostSteps: @convention(c) (UnsafePointer<auscult_host>?) -> UInt64 = { harness($0).clockSteps }
private let hostFile: @convention(c) (UnsafePointer<auscult_host>?) -> UnsafePointer<CChar>? = {
  harness($0).filePointer
}

/// C memory that lives as long as this object.
final class Memory {
  private var owned: [UnsafeMutableRawPointer] = []

  deinit { for pointer in owned { pointer.deallocate() } }

  func bytes(_ count: Int) -> UnsafeMutableRawPointer {
    let pointer = UnsafeMutableRawPointer.allocate(byteCount: max(1, count), alignment: 64)
    pointer.initializeMemory(as: UInt8.self, repeating: 0xa5, count: max(1, count))
    owned.append(pointer)
    return pointer
  }

  func array<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let pointer = bytes(values.count * MemoryLayout<T>.stride).bindMemory(to: T.self, capacity: max(1, values.count))
    pointer.initialize(from: values, count: values.count)
    return pointer
  }

  func text(_ text: String) -> UnsafePointer<CChar> { UnsafePointer(array(Array(text.utf8CString))) }

  func texts(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?> {
    UnsafePointer(array(texts.map { Optional(text($0)) } + [nil]))
  }
}
