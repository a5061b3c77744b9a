import CNodeABI
import CRealtime

/// The result of a plugin's entry symbol. Make it once:
///
///     private let library = Library(Gain.self, Mix.self)
///     @_cdecl("auscult_library")
///     public func auscult_library() -> UnsafePointer<auscult_library_info> { library.info }
public struct Library: @unchecked Sendable {
  public let info: UnsafePointer<auscult_library_info>

  /// Describes the classes. Its memory lives as long as the process, because plugins are never unloaded.
  public init(_ classes: Node.Type...) {
    info = constant(
      auscult_library_info(
        size: UInt32(MemoryLayout<auscult_library_info>.size), abi_major: AUSCULT_ABI_MAJOR,
        abi_minor: AUSCULT_ABI_MINOR, class_count: UInt32(classes.count), build_id: nil,
        classes: constants(classes.map { Optional(makeClass($0)) })))
  }
}

/// The class record of the ABI: a C function pointer cannot capture the node's type.
final class ClassRecord {
  let type: Node.Type
  let declaration: NodeDeclaration
  init(_ type: Node.Type) {
    self.type = type
    declaration = type.declaration
  }
}

private func makeClass(_ type: Node.Type) -> UnsafePointer<auscult_class> {
  let record = ClassRecord(type)
  let declaration = record.declaration
  return constant(
    auscult_class(
      size: UInt32(MemoryLayout<auscult_class>.size), name: constant(declaration.name),
      version: constant(declaration.version), summary: constant(declaration.summary),
      realtime: declaration.realtime == .hard ? AUSCULT_HARD : AUSCULT_OFFLOAD, traits: declaration.traits.rawValue,
      input_count: UInt32(declaration.inputs.count), output_count: UInt32(declaration.outputs.count),
      parameter_count: UInt32(declaration.parameters.count), reserved: 0, inputs: ports(declaration.inputs),
      outputs: ports(declaration.outputs), parameters: parameters(declaration.parameters),
      record: Unmanaged.passRetained(record).toOpaque(), create: create, configure: configure, activate: activate,
      reset: reset, process: declaration.realtime == .hard ? processHard : process, deactivate: deactivate,
      destroy: destroy, extension: classExtension))
}

// MARK: Tables

private func ports(_ ports: [PortDeclaration]) -> UnsafePointer<auscult_port> {
  constants(
    ports.map { port in
      auscult_port(
        size: UInt32(MemoryLayout<auscult_port>.size), name: constant(port.name), kinds: port.kinds.rawValue,
        flags: port.flags.rawValue, summary: constant(port.summary))
    })
}

private func parameters(_ parameters: [ParameterDeclaration]) -> UnsafePointer<auscult_parameter> {
  constants(
    parameters.map { parameter in
      auscult_parameter(
        size: UInt32(MemoryLayout<auscult_parameter>.size), name: constant(parameter.name),
        type: parameter.kind.rawValue, units: parameter.units.rawValue, unit: parameter.unit.rawValue,
        flags: parameter.flags.rawValue, minimum: parameter.range.lowerBound, maximum: parameter.range.upperBound,
        initial: parameter.initial.map { constant($0) },
        choices: parameter.choices.isEmpty ? nil : constants(parameter.choices),
        summary: constant(parameter.summary))
    })
}

// MARK: Trampolines

/// An instance as the host holds it: the node, and the memory of its last answer. Calls that a host makes by mistake, in
/// an order that the ABI does not allow, are refused or ignored here: a node sees only the life that `Node` describes.
final class Instance {
  let node: Node
  var answer = AnswerStorage()
  private(set) var isActive = false
  private var isConfigured = false
  /// What `process` and `reset` call: the node while it is configured and active, else one that refuses. So the check costs
  /// the realtime thread nothing. Neither is counted: the instance holds both.
  private(set) var current: Unmanaged<Node>
  private let refusing: Node

  init(_ node: Node) throws {
    self.node = node
    refusing = try RefusingNode(
      Arguments(host: node.host, declaration: RefusingNode.declaration, count: 0, nil))
    current = Unmanaged.passUnretained(refusing)
  }

  func configure(_ setup: Setup, _ result: inout Answer) throws {
    guard !isActive else { throw NodeError("is active: deactivate it before configure") }
    isConfigured = false
    try node.configure(setup, &result)
    isConfigured = true
  }

  func activate() throws {
    guard !isActive else { throw NodeError("is active already: deactivate it before activate") }
    try node.activate()
    isActive = true
    if isConfigured { current = Unmanaged.passUnretained(node) }
  }

  func deactivate() {
    guard isActive else { return }
    current = Unmanaged.passUnretained(refusing)
    isActive = false
    node.deactivate()
  }
}

/// Stands in for a node that is not active.
private final class RefusingNode: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration("", version: "", summary: "", realtime: .hard)
  }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    cycle.fail("is not configured and active: process was called too early or too late")
  }
}

func instance(_ pointer: UnsafeMutableRawPointer) -> Instance {
  Unmanaged<Instance>.fromOpaque(pointer).takeUnretainedValue()
}

/// Runs a control function, and writes what it throws to the error.
func attempt(_ error: UnsafeMutablePointer<auscult_error>?, _ body: () throws -> Void) -> auscult_status {
  do {
    try body()
    return AUSCULT_OK
  } catch let problem {
    return report(problem, error)
  }
}

private func report(_ problem: any Error, _ error: UnsafeMutablePointer<auscult_error>?) -> auscult_status {
  guard let error else { return AUSCULT_FAILED }
  put("\(problem)", into: &error.pointee.text)
  put((problem as? NodeError)?.parameter ?? "", into: &error.pointee.parameter)
  return AUSCULT_FAILED
}

private func put<T>(_ text: String, into field: inout T) {
  withUnsafeMutableBytes(of: &field) { bytes in
    let utf8 = text.utf8.prefix(bytes.count - 1)
    bytes.copyBytes(from: utf8)
    bytes[utf8.count] = 0
  }
}

private let create:
  @convention(c) (
    UnsafePointer<auscult_class>?, UnsafePointer<auscult_host>?, UInt32, UnsafePointer<auscult_argument>?,
    UnsafeMutablePointer<UnsafeMutableRawPointer?>?, UnsafeMutablePointer<auscult_error>?
  ) -> auscult_status = { node_class, host, count, arguments, result, error in
    let record = Unmanaged<ClassRecord>.fromOpaque(node_class!.pointee.record).takeUnretainedValue()
    return attempt(error) {
      let arguments = Arguments(
        host: Host(pointer: host!), declaration: record.declaration, count: Int(count), arguments)
      result!.pointee = Unmanaged.passRetained(try Instance(record.type.init(arguments))).toOpaque()
    }
  }

private let configure:
  @convention(c) (
    UnsafeMutableRawPointer?, UnsafePointer<auscult_setup>?, UnsafeMutablePointer<auscult_answer>?,
    UnsafeMutablePointer<auscult_error>?
  ) -> auscult_status = { pointer, setup, answer, error in
    attempt(error) {
      let instance = instance(pointer!)
      let setup = Setup(setup!.pointee)
      var result = Answer(
        outputs: (0..<Int(answer!.pointee.output_count)).map {
          Answer.Output(format: StreamFormat(answer!.pointee.outputs[$0]), burst: 0)
        })
      for index in result.outputs.indices { result.outputs[index].format.machines = [] }
      try instance.configure(setup, &result)
      instance.answer.store(result, in: answer!)
    }
  }

private let activate:
  @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<auscult_error>?) -> auscult_status = {
    pointer, error in attempt(error) { try instance(pointer!).activate() }
  }

// On the realtime thread. Unmarked, because dynamic dispatch can't be checked; what these two call is marked.
private let reset: @convention(c) (UnsafeMutableRawPointer?) -> Void = { pointer in
  Unmanaged<Instance>.fromOpaque(pointer!)._withUnsafeGuaranteedRef {
    $0.current._withUnsafeGuaranteedRef { $0.reset() }
  }
}

private let processHard:
  @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<auscult_cycle>?) -> auscult_status = {
    pointer, cycle in
    Unmanaged<Instance>.fromOpaque(pointer!)._withUnsafeGuaranteedRef {
      $0.current._withUnsafeGuaranteedRef { $0.process(Cycle(cycle!)) }
    }
    return cycle!.pointee.failure == nil ? AUSCULT_OK : AUSCULT_FAILED
  }

private let process: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<auscult_cycle>?) -> auscult_status =
  {
    pointer, cycle in
    Unmanaged<Instance>.fromOpaque(pointer!)._withUnsafeGuaranteedRef {
      $0.current._withUnsafeGuaranteedRef { $0.run(Cycle(cycle!)) }
    }
  }

private let deactivate: @convention(c) (UnsafeMutableRawPointer?) -> Void = { instance($0!).deactivate() }

private let destroy: @convention(c) (UnsafeMutableRawPointer?) -> Void = {
  instance($0!).deactivate()
  Unmanaged<Instance>.fromOpaque($0!).release()
}

private let classExtension: @convention(c) (UnsafePointer<auscult_class>?, UnsafePointer<CChar>?) -> UnsafeRawPointer? =
  { node_class, name in
    guard let node_class, let name else { return nil }
    let type = Unmanaged<ClassRecord>.fromOpaque(node_class.pointee.record).takeUnretainedValue().type
    switch String(cString: name) {
    case AUSCULT_CONTINUE: return type.canContinueOutput ? UnsafeRawPointer(node_class) : nil
    case AUSCULT_REOPEN: return type.canReopenOutput ? UnsafeRawPointer(reopenFunctions) : nil
    case AUSCULT_TUNE: return type.isTunable ? UnsafeRawPointer(tuneFunctions) : nil
    case let name: return ability(name, of: type)
    }
  }
