import CNodeABI
import Foundation

/// One node behind the ABI, as a host would run it: loads the plugin, checks nothing twice, hides nothing.
final class Rig {
  struct Failure: Error, CustomStringConvertible {
    var description: String
    var parameter = ""
  }

  let nodeClass: UnsafePointer<auscult_class>
  private(set) var outputs: [auscult_format] = []
  private(set) var bursts: [Int] = []
  private(set) var answer = auscult_answer()
  private(set) var channelMap: [Int] = []
  private(set) var connect: [String] = []
  private(set) var log: [String] = []

  private let arguments: NativeArguments
  private let host: UnsafeMutablePointer<auscult_host>
  private var instance: UnsafeMutableRawPointer?
  private(set) var inputFormats: [auscult_format] = []
  var inputFormat: auscult_format { inputFormats[0] }
  private var quantum = 1024
  private var isActive = false

  /// - Parameters:
  ///   - plugin: "mixing" for libauscult-mixing.so.
  ///   - settings: the rest takes its default.
  init(_ plugin: String, _ className: String, node: String = "node", _ settings: [String: Setting] = [:]) throws {
    nodeClass = try Self.find(plugin, className)
    arguments = NativeArguments(nodeClass.pointee, settings)
    host = .allocate(capacity: 1)
    host.initialize(to: auscult_host())
    host.pointee.size = UInt32(MemoryLayout<auscult_host>.size)
    host.pointee.graph = arguments.text("graph")
    host.pointee.node = arguments.text(node)
    host.pointee.context = Unmanaged.passUnretained(self).toOpaque()
    host.pointee.log = { host, _, text in
      Unmanaged<Rig>.fromOpaque(host!.pointee.context).takeUnretainedValue().log.append(String(cString: text!))
    }
    try check { error in
      nodeClass.pointee.create(nodeClass, host, UInt32(arguments.list.count), arguments.list, &instance, error)
    }
  }

  deinit {
    if isActive { nodeClass.pointee.deactivate(instance) }
    if instance != nil { nodeClass.pointee.destroy(instance) }
    host.deallocate()
  }

  /// Where the built plugins lie: beside the tests' executable.
  static let pluginFolder: String =
    ProcessInfo.processInfo.environment["AUSCULT_TEST_PLUGINS"]
    ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path

  static func find(_ plugin: String, _ className: String) throws -> UnsafePointer<auscult_class> {
    let path = "\(pluginFolder)/libauscult-\(plugin).so"
    guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL), let symbol = dlsym(library, "auscult_library") else {
      throw Failure(description: String(cString: dlerror()))
    }
    let info = unsafeBitCast(symbol, to: auscult_library_function.self)()!
    for index in 0..<Int(info.pointee.class_count) {
      let candidate = info.pointee.classes[index]!
      if String(cString: candidate.pointee.name) == className { return candidate }
    }
    throw Failure(description: "no class \(className) in \(path)")
  }

  private func check(_ body: (UnsafeMutablePointer<auscult_error>) -> auscult_status) throws {
    var error = auscult_error()
    error.size = UInt32(MemoryLayout<auscult_error>.size)
    guard body(&error) != AUSCULT_OK else { return }
    throw Failure(description: Self.string(&error.text), parameter: Self.string(&error.parameter))
  }

  private static func string<T>(_ field: inout T) -> String {
    withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// Configures and activates, with the formats of the linked inputs.
  func start(_ inputs: [auscult_format], rate: Int = 48000, quantum: Int = 1024) throws {
    stop()
    inputFormats = inputs
    self.quantum = quantum
    let outputCount = Int(nodeClass.pointee.output_count)
    var formats = (0..<outputCount).map { _ in inputs.first ?? auscult_format() }
    for index in formats.indices {
      formats[index].size = UInt32(MemoryLayout<auscult_format>.size)
      formats[index].stamp = AUSCULT_STAMP_HOST
    }
    var bursts = [UInt32](repeating: 0, count: max(1, outputCount))
    let names = inputs.map { _ in Optional(arguments.text("upstream")) }
    let ports = [UInt32](repeating: 0, count: max(1, inputs.count))
    try formats.withUnsafeMutableBufferPointer { formats in
      try bursts.withUnsafeMutableBufferPointer { bursts in
        answer = auscult_answer()
        answer.size = UInt32(MemoryLayout<auscult_answer>.size)
        answer.output_count = UInt32(outputCount)
        answer.outputs = formats.baseAddress
        answer.bursts = bursts.baseAddress
        var setup = auscult_setup()
        setup.size = UInt32(MemoryLayout<auscult_setup>.size)
        setup.driver_rate = UInt32(rate)
        setup.quantum = UInt32(quantum)
        setup.input_count = UInt32(inputs.count)
        setup.inputs = arguments.array(inputs)
        setup.input_ports = arguments.array(ports)
        setup.input_nodes = arguments.array(names)
        try check { nodeClass.pointee.configure(instance, &setup, &answer, $0) }
      }
    }
    outputs = formats
    self.bursts = bursts.map { Int($0) }
    readAnswer()
    try check { nodeClass.pointee.activate(instance, $0) }
    isActive = true
  }

  private func readAnswer() {
    if let map = answer.channel_map { channelMap = (0..<Int(outputs[0].channels)).map { Int(map[$0]) } }
    var names = answer.external_connect
    connect = []
    while let name = names?.pointee {
      connect.append(String(cString: name))
      names! += 1
    }
  }

  func stop() {
    if isActive { nodeClass.pointee.deactivate(instance) }
    isActive = false
  }

  func reset() { nodeClass.pointee.reset?(instance) }

  /// One call of `process`. Output capacities are what the host would give.
  func process(
    _ inputs: [TokenBlock], position: Int64 = 0, frames: Int = 0, isEnd: Bool = false, external: [[Float]] = [],
    externalOutputs: inout [[Float]]
  ) throws -> [TokenBlock] {
    let results = outputs.indices.map { TokenBlock(outputs[$0], capacity: capacity(of: $0, inputs, frames)) }
    var clock = auscult_clock(position: position, frames: UInt32(frames), flags: isEnd ? AUSCULT_CLOCK_END : 0)
    let inputPointers = inputs.map { Optional(UnsafePointer($0.pointer)) }
    let outputPointers = results.map { Optional($0.pointer) }
    let externalIn: [UnsafePointer<Float>?] = external.map { UnsafePointer(arguments.array($0)) }
    let externalOut: [UnsafeMutablePointer<Float>?] = (0..<Int(answer.external_outputs)).map { _ in
      let memory = UnsafeMutablePointer<Float>.allocate(capacity: max(1, frames))
      memory.initialize(repeating: .nan, count: max(1, frames))
      return memory
    }
    defer { for memory in externalOut { memory?.deallocate() } }
    try withUnsafePointer(to: &clock) { clock in
      var cycle = auscult_cycle()
      cycle.size = UInt32(MemoryLayout<auscult_cycle>.size)
      cycle.input_count = UInt32(inputs.count)
      cycle.output_count = UInt32(results.count)
      cycle.inputs = arguments.array(inputPointers)
      cycle.outputs = arguments.array(outputPointers)
      cycle.clock = clock
      cycle.external_inputs = arguments.array(externalIn)
      cycle.external_outputs = arguments.array(externalOut)
      if nodeClass.pointee.process(instance, &cycle) != AUSCULT_OK {
        throw Failure(description: cycle.failure.map { String(cString: $0) } ?? "failed")
      }
    }
    externalOutputs = externalOut.map { memory in (0..<frames).map { memory![$0] } }
    return results
  }

  func process(
    _ inputs: [TokenBlock], position: Int64 = 0, frames: Int = 0, isEnd: Bool = false, external: [[Float]] = []
  ) throws -> [TokenBlock] {
    var none: [[Float]] = []
    return try process(
      inputs, position: position, frames: frames, isEnd: isEnd, external: external, externalOutputs: &none)
  }

  private func capacity(of output: Int, _ inputs: [TokenBlock], _ frames: Int) -> Int {
    let period = Double(outputs[output].period) / Double(outputs[output].denominator)
    let span =
      inputs.map { Double($0.count) * Double($0.format.pointee.period) / Double($0.format.pointee.denominator) }.max()
      ?? Double(frames)
    return Int((span / period - 1e-9).rounded(.up)) + bursts[output]
  }
}
