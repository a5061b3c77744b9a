import CNodeABI
import CRealtime
import NodeHost

/// One node behind the ABI, driven as a host drives it, without a graph: the only place in the tests that calls a
/// class's functions. `StreamRig`, `Rig` and `SinkHarness` build on it.
public final class NodeRig {
  /// An error of the node or the rig.
  public struct Failure: Error, Equatable, CustomStringConvertible {
    public var text: String
    /// The parameter that the node names.
    public var parameter: String?

    public init(_ text: String, parameter: String? = nil) {
      self.text = text
      self.parameter = parameter
    }

    public var description: String { parameter.map { "\($0): \(text)" } ?? text }
  }

  public let nodeClass: NodeClass
  public let host: RigHost
  /// Objects that must live as long as the instance.
  public let memory = RigMemory()
  /// The answer of `configure`.
  public private(set) var answer = auscult_answer()
  public private(set) var outputs: [auscult_format] = []
  public private(set) var bursts: [Int] = []
  public private(set) var isActive = false
  private var functions: UnsafePointer<auscult_class> { nodeClass.native }
  private var instance: UnsafeMutableRawPointer?

  /// - Parameter settings: other parameters have their defaults.
  public init(
    _ nodeClass: NodeClass, graph: String = "graph", node: String = "node", _ settings: [String: Setting] = [:]
  ) throws {
    self.nodeClass = nodeClass
    host = RigHost(graph: graph, node: node)
    if let name = settings.keys.first(where: { nodeClass.parameter($0) == nil }) {
      throw Failure("\(nodeClass.name) has no parameter \(name)")
    }
    let arguments = nodeClass.parameters.compactMap { parameter in
      (settings[parameter.name] ?? parameter.initialValue.map { Setting($0) }).map {
        auscult_argument(name: memory.text(parameter.name), value: $0.native(memory))
      }
    }
    let list = memory.array(arguments)
    try check { functions.pointee.create(functions, host.native, UInt32(arguments.count), list, &instance, $0) }
  }

  /// A class of the build's plugins.
  public static func find(_ className: String) throws -> NodeClass {
    guard let nodeClass = TestPlugins.catalog[className] else {
      throw Failure("no class \(className) in \(BuildFolder.path)")
    }
    return nodeClass
  }

  deinit {
    guard let instance else { return }
    if isActive { functions.pointee.deactivate(instance) }
    functions.pointee.destroy(instance)
  }

  private func check(_ body: (UnsafeMutablePointer<auscult_error>) -> auscult_status) throws {
    var error = auscult_error.empty
    guard body(&error) != AUSCULT_OK else { return }
    throw Failure(error.message, parameter: error.parameterName)
  }

  // MARK: Life

  /// Tells the node the formats of its linked inputs, all at its first port, and the names of the nodes they come from.
  public func configure(
    _ inputs: [auscult_format], from names: [String]? = nil, rate: Int = 48000, quantum: Int = 1024
  ) throws {
    host.rate = rate
    var formats = (0..<Int(functions.pointee.output_count)).map { outputFormat($0, inputs.first) }
    var bursts = [UInt32](repeating: 0, count: max(1, formats.count))
    var setup = auscult_setup(
      size: UInt32(MemoryLayout<auscult_setup>.size), driver_rate: UInt32(rate), quantum: UInt32(quantum),
      input_count: UInt32(inputs.count), inputs: memory.array(inputs),
      input_ports: memory.array([UInt32](repeating: 0, count: inputs.count)),
      input_nodes: memory.texts(names ?? inputs.map { _ in "upstream" }), memory: 0)
    answer = auscult_answer()
    answer.size = UInt32(MemoryLayout<auscult_answer>.size)
    answer.output_count = UInt32(formats.count)
    try formats.withUnsafeMutableBufferPointer { formats in
      try bursts.withUnsafeMutableBufferPointer { bursts in
        answer.outputs = formats.baseAddress
        answer.bursts = bursts.baseAddress
        try check { functions.pointee.configure(instance, &setup, &answer, $0) }
      }
    }
    outputs = formats
    self.bursts = bursts.map { Int($0) }
  }

  /// The initial content of an output's format: the first input's, with the port's kind if it has only one.
  private func outputFormat(_ index: Int, _ input: auscult_format?) -> auscult_format {
    var format = input ?? auscult_format()
    format.size = UInt32(MemoryLayout<auscult_format>.size)
    format.stamp = AUSCULT_STAMP_HOST
    let kinds = functions.pointee.outputs[index].kinds
    if kinds.nonzeroBitCount == 1, kinds != format.kind {
      format.kind = kinds
      (format.frequencies, format.frequency_count) = (nil, 0)
    }
    return format
  }

  public func activate() throws {
    try check { functions.pointee.activate(instance, $0) }
    isActive = true
  }

  public func deactivate() {
    if isActive { functions.pointee.deactivate(instance) }
    isActive = false
  }

  public func reset() { functions.pointee.reset?(instance) }

  // MARK: Work

  /// One call of `process`, as on an engine's thread; a build with RealtimeSanitizer watches hard classes.
  ///
  /// - Parameter externalOutputs: each has room for the clock's frames.
  public func process(
    _ inputs: [RigBlock], outputs: [RigBlock] = [], clock: auscult_clock = auscult_clock(),
    externalInputs: [[Float]] = [], externalOutputs: [UnsafeMutablePointer<Float>] = []
  ) throws {
    guard let instance else { throw Failure("not created") }
    let memory = RigMemory()
    var cycle = auscult_cycle()
    cycle.size = UInt32(MemoryLayout<auscult_cycle>.size)
    cycle.input_count = UInt32(inputs.count)
    cycle.output_count = UInt32(outputs.count)
    cycle.inputs = UnsafePointer(memory.array(inputs.map { Optional(UnsafePointer($0.pointer)) }))
    cycle.outputs = UnsafePointer(memory.array(outputs.map { Optional($0.pointer) }))
    cycle.clock = UnsafePointer(memory.array([clock]))
    cycle.external_inputs = UnsafePointer(
      memory.array(externalInputs.map { Optional(UnsafePointer(memory.array($0))) }))
    cycle.external_outputs = UnsafePointer(memory.array(externalOutputs.map { Optional($0) }))
    let denormals = realtime_flush_denormals()
    if nodeClass.isHard { realtime_enter() }
    let status = realtime_process(functions, instance, &cycle)
    if nodeClass.isHard { realtime_exit() }
    realtime_restore_denormals(denormals)
    guard status == AUSCULT_OK else {
      throw Failure(cycle.failure.map { String(cString: $0) } ?? "failed without a text")
    }
    for output in outputs { try output.check() }
  }
}
