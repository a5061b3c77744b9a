import CNodeABI
import CRealtime
import NodeABI
import NodeHost

/// One node behind the ABI, driven as a host drives it, without a graph. The tests and `auscult conformance` call a
/// class's functions only here.
public final class NodeRig {
  /// An error of the node or the rig.
  public struct Failure: Error, Equatable, CustomStringConvertible {
    /// Of a `process` that fails and does not say why.
    public static let withoutText = "failed without a text"

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
  /// For the class's other abilities.
  public private(set) var instance: UnsafeMutableRawPointer?
  /// A write outside of a block fails the call that made it.
  public var checksFences = true
  /// Replaces the call of `process`; nil: a plain call. Returns the status.
  public var caller:
    ((UnsafePointer<auscult_class>, UnsafeMutableRawPointer, UnsafeMutablePointer<auscult_cycle>) -> auscult_status)?
  private var functions: UnsafePointer<auscult_class> { nodeClass.native }

  /// - Parameters:
  ///   - isRehearsal: the node's outputs are thrown away.
  ///   - settings: other parameters have their defaults.
  public init(
    _ nodeClass: NodeClass, graph: String = "graph", node: String = "node", isRehearsal: Bool = false,
    _ settings: [String: Setting] = [:]
  ) throws {
    self.nodeClass = nodeClass
    host = RigHost(graph: graph, node: node)
    host.isRehearsal = isRehearsal
    if let name = settings.keys.first(where: { nodeClass.parameter($0) == nil }) {
      throw Failure("\(nodeClass.name) has no parameter \(name)")
    }
    let (list, count) = NodeRig.arguments(nodeClass, settings, memory)
    try check { functions.pointee.create(functions, host.native, UInt32(count), list, &instance, $0) }
  }

  /// Arguments in C's form, with the defaults of parameters that have no setting.
  public static func arguments(
    _ nodeClass: NodeClass, _ settings: [String: Setting], _ memory: RigMemory
  ) -> (list: UnsafeMutablePointer<auscult_argument>, count: Int) {
    let arguments = nodeClass.parameters.compactMap { parameter in
      (settings[parameter.name] ?? parameter.initialValue.map { Setting($0) }).map {
        auscult_argument(name: memory.text(parameter.name), value: $0.native(memory))
      }
    }
    return (memory.array(arguments), arguments.count)
  }

  deinit {
    guard let instance else { return }
    if isActive { functions.pointee.deactivate(instance) }
    functions.pointee.destroy(instance)
  }

  /// - Throws: `Failure` with the node's text.
  public func check(_ body: (UnsafeMutablePointer<auscult_error>) -> auscult_status) throws {
    var error = auscult_error.empty
    guard body(&error) != AUSCULT_OK else { return }
    throw Failure(error.message, parameter: error.parameterName)
  }

  // MARK: Life

  /// Tells the node the formats of its linked inputs, and the names of the nodes they come from.
  ///
  /// - Parameters:
  ///   - ports: the port of each input; nil: the first.
  ///   - memory: bytes that may be used; 0: unknown.
  public func configure(
    _ inputs: [auscult_format], ports: [Int]? = nil, from names: [String]? = nil, rate: Int = 48000,
    quantum: Int = 1024, memory limit: Int = 0
  ) throws {
    host.rate = rate
    var formats = (0..<Int(functions.pointee.output_count)).map { outputFormat($0, inputs.first, rate) }
    var bursts = [UInt32](repeating: 0, count: max(1, formats.count))
    var setup = auscult_setup(
      size: UInt32(MemoryLayout<auscult_setup>.size), driver_rate: UInt32(rate), quantum: UInt32(quantum),
      input_count: UInt32(inputs.count), inputs: memory.array(inputs),
      input_ports: memory.array(ports.map { $0.map { UInt32($0) } } ?? [UInt32](repeating: 0, count: inputs.count)),
      input_nodes: memory.texts(names ?? inputs.map { _ in "upstream" }), memory: UInt64(limit))
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
  private func outputFormat(_ index: Int, _ input: auscult_format?, _ rate: Int) -> auscult_format {
    var format = input ?? RigFormat.audio(channels: 1, rate: rate)
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
    try process(
      RigCall(
        inputs, outputs: outputs, clock: clock, externalInputs: externalInputs, externalOutputs: externalOutputs))
  }

  public func process(_ call: RigCall) throws {
    guard let instance else { throw Failure("not created") }
    let denormals = realtime_flush_denormals()
    if nodeClass.isHard { realtime_enter() }
    let status =
      caller.map { $0(functions, instance, call.cycle) } ?? realtime_process(functions, instance, call.cycle)
    if nodeClass.isHard { realtime_exit() }
    realtime_restore_denormals(denormals)
    guard status == AUSCULT_OK else {
      throw Failure(call.cycle.pointee.failure.map { String(cString: $0) } ?? Failure.withoutText)
    }
    for output in call.outputs { try output.check(fences: checksFences) }
  }
}
