import CNodeABI
import Graph
import NodeABI
import NodeHost
import NumberText
import RealtimeCore

/// One linked input, for `configure`.
package struct ConfiguredInput {
  package var format: FormatRecord
  package var port: Int
  package var node: String

  package init(format: FormatRecord, port: Int, node: String) {
    self.format = format
    self.port = port
    self.node = node
  }
}

/// An instance of a node class, and the stage of its life. An illegal call is a mistake of the engine.
///
/// Its functions run on another thread and are waited for with a limit: see `NodeCallQueue`. A node that has not
/// returned gets its next call after it returns, if ever, and keeps its memory until then.
///
/// Thread: control.
package final class NodeInstance: @unchecked Sendable {
  package enum State { case created, configured, active }

  /// What the plugin uses from create to the end of destroy. Only the node's call queue touches it.
  private final class Native: @unchecked Sendable {
    let functions: UnsafePointer<auscult_class>
    package let host: NodeHostRecord
    let arguments: NativeArguments
    package let pointer: UnsafeMutableRawPointer
    var isActive = false

    init(
      _ functions: UnsafePointer<auscult_class>, _ host: NodeHostRecord, _ arguments: NativeArguments,
      _ pointer: UnsafeMutableRawPointer
    ) {
      self.functions = functions
      self.host = host
      self.arguments = arguments
      self.pointer = pointer
    }

    package func deactivate() {
      if isActive { functions.pointee.deactivate(pointer) }
      isActive = false
    }
  }

  package let node: Graph.Node
  package let host: NodeHostRecord
  package let pointer: UnsafeMutableRawPointer
  private let callQueue: NodeCallQueue
  private let record: Native
  package private(set) var state = State.created
  /// Bytes that it will use while active, as it has declared.
  private var memory = 0
  /// One of our threads is in its `process`, perhaps for ever. Nothing else may be called.
  private var isGivenUp = false

  /// Its remarks about the machine of a channel of its first output. Thread: control.
  package func remarks(channel: Int) -> [Remark] {
    record.host.services.remarks.remarks(ObjectIdentifier(record.host), node: node.name, channel: channel)
  }

  package var nodeClass: NodeClass { node.nodeClass }
  package var native: UnsafePointer<auscult_class> { node.nodeClass.native }

  package init(_ node: Graph.Node, graph: String, services: HostServices) throws {
    self.node = node
    let host = NodeHostRecord(services: services, graph: graph, node: node.name)
    let arguments = NativeArguments(node.arguments)
    let functions = node.nodeClass.native
    let callQueue = NodeCallQueue(services.calls, node: node.name)
    let create = { () -> Result<Native, NodeFailure> in
      var created: UnsafeMutableRawPointer?
      var error = auscult_error.empty
      let status = functions.pointee.create(
        functions, host.native, UInt32(arguments.count), arguments.list, &created, &error)
      guard status == AUSCULT_OK, let created else { return .failure(NodeFailure(error)) }
      return .success(Native(functions, host, arguments, created))
    }
    services.entering?("create", node)
    let result = try callQueue.call("create", create) { late in
      if case .success(let record) = late { functions.pointee.destroy(record.pointer) }
    }
    record = try result.get()
    self.host = host
    self.callQueue = callQueue
    pointer = record.pointer
  }

  deinit {
    if isGivenUp { return AbandonedObjects.keep(record) }
    // Also deactivates a node whose activate returned too late.
    host.services.entering?("destroy", node)
    let hasReturned = callQueue.finish("destroy", seconds: Self.patience) { [record] in
      record.deactivate()
      record.functions.pointee.destroy(record.pointer)
    }
    if !hasReturned {
      host.services.log(.warning, node.name, "has not returned from 'destroy': its memory is kept until it does")
    }
  }

  /// Seconds to wait for the end of a node before it is left to its thread.
  private static let patience = 2.0

  /// All calls of the node have returned.
  package var isIdle: Bool { callQueue.isIdle }

  /// Waits until all calls have returned.
  ///
  /// - Parameter look: called now and then; false: stop waiting.
  package func awaitIdle(_ look: () -> Bool) { callQueue.awaitIdle(look) }

  /// Never calls the node again, and never frees what belongs to it.
  package func giveUp() {
    isGivenUp = true
    state = .created
  }

  /// - Parameter memory: bytes that may be used now.
  package func configure(rate: Int, quantum: Int, inputs: [ConfiguredInput], memory: Int) throws -> Configuration {
    precondition(state != .active, "configure of an active node")
    let arena = Arena()
    let setup = makeSetup(arena, rate: rate, quantum: quantum, inputs: inputs, memory: memory)
    let answer = makeAnswer(arena, rate: rate, input: inputs.first)
    host.services.entering?("configure", node)
    let failure = try callQueue.call("configure") { [record, inputs] () -> NodeFailure? in
      var error = auscult_error.empty
      let status = record.functions.pointee.configure(record.pointer, setup, answer, &error)
      // Keeps what the formats point to, the arena and the inputs' formats, until here.
      return withExtendedLifetime((arena, inputs)) { status == AUSCULT_OK ? nil : NodeFailure(error) }
    }
    if let failure { throw failure }
    state = .configured
    let result = try withExtendedLifetime(arena) { try configuration(answer.pointee, inputs: inputs) }
    self.memory = result.memory
    return result
  }

  private func configuration(_ answer: auscult_answer, inputs: [ConfiguredInput]) throws -> Configuration {
    let map = answer.channel_map
    var records: [FormatRecord] = []
    for index in 0..<Int(answer.output_count) {
      var format = answer.outputs[index]
      // An older plugin has padding in place of this field.
      if !nodeClass.library.marksInputs { format.silent_share = inputs.first?.format.format.silent_share ?? 0 }
      if let failure = sizeFailure(format) { throw failure }
      if let problem = problem(format, inputs: inputs) {
        throw NodeFailure(text: "answered with a format that \(problem): a fault of its plugin")
      }
      records.append(FormatRecord(format, machines: machines(format, inputs: inputs, map: map)))
    }
    let channels = Int(records.first?.format.channels ?? 0)
    return Configuration(
      outputs: records, bursts: (0..<records.count).map { Int(answer.bursts[$0]) }, latency: answer.latency,
      history: answer.history, reach: answer.reach == Int64(AUSCULT_UNBOUNDED) ? nil : answer.reach,
      externalInputs: Int(answer.external_inputs), externalOutputs: Int(answer.external_outputs),
      connect: texts(answer.external_connect), channelMap: map.map { map in (0..<channels).map { map[$0] } } ?? [],
      model: answer.producer?.pointee.model.map { String(cString: $0) },
      classNames: answer.producer.map { texts($0.pointee.class_names) } ?? [], memory: Int(clamping: answer.memory))
  }

  private func machines(_ format: auscult_format, inputs: [ConfiguredInput], map: UnsafePointer<UInt32>?) -> [String] {
    let channels = Int(format.channels)
    if let names = format.machines {
      let given = (0..<channels).compactMap { names[$0].map { String(cString: $0) } }
      if given.count == channels && (inputs.isEmpty || format.machines != inputs[0].format.format.machines) {
        return given
      }
    }
    let before = inputs.first?.format.machines ?? []
    if let map { return (0..<channels).map { before[Int(map[$0])] } }
    if before.count == channels { return before }
    return (0..<channels).map { channels == 1 ? node.name : "\(node.name)-\($0 + 1)" }
  }

  private func problem(_ format: auscult_format, inputs: [ConfiguredInput]) -> String? {
    if format.kind.nonzeroBitCount != 1 || format.kind & AUSCULT_ANY_KIND == 0 { return "has no kind" }
    if format.channels == 0 || format.rows == 0 || format.columns == 0 { return "is empty" }
    if format.channels > 4096 || format.columns > 1 << 24 || format.rows > 1 << 24 {
      return "is larger than the limit of 4096 channels, 16777216 rows and 16777216 columns"
    }
    if format.denominator <= 0 || format.period <= 0 || format.extent < 0 { return "has no valid period" }
    if let problem = paceProblem(format) { return problem }
    for input in inputs where format.denominator % input.format.format.denominator != 0 {
      return "cannot express its input's positions"
    }
    return nil
  }

  /// A token that is too large is a mistake of the graph, not of the plugin.
  private func sizeFailure(_ format: auscult_format) -> NodeFailure? {
    let values = Int(format.columns).multipliedReportingOverflow(by: Int(format.rows))
    guard !values.overflow, values.partialValue < 1 << 40 else {
      return NodeFailure(
        text:
          "would yield tokens of \(format.rows) x \(format.columns) values, more than the limit of 1099511627776: make "
          + "them smaller", parameter: nil)
    }
    let bytes = Int(format.channels) * format.channelBytes
    guard bytes > 1 << 28 else { return nil }
    return NodeFailure(
      text:
        "would yield tokens of \(NumberText.bytes(bytes)) each, and 256 MiB is the most, whatever --memory says: make them "
        + "smaller", parameter: nil)
  }

  /// Positions are counted in ticks with 64 bits, for years, and multiplied on the way.
  private func paceProblem(_ format: auscult_format) -> String? {
    let fine = format.denominator.multipliedReportingOverflow(by: Int64(format.driver_rate))
    if format.denominator > 1 << 20 || fine.overflow || fine.partialValue > 1 << 36 {
      let most = min(1 << 20, (1 << 36) / max(1, Int64(format.driver_rate)))
      return "has denominator \(format.denominator); the most is \(most)"
    }
    let longest = Int64(1) << 52
    let spans = [format.period, format.extent, format.offset]
    if spans.contains(where: { $0.magnitude > longest }) || !(0...longest >> 20).contains(format.lookahead) {
      return "has a period, extent, offset or lookahead beyond the limit"
    }
    return nil
  }

  private func texts(_ list: UnsafePointer<UnsafePointer<CChar>?>?) -> [String] {
    guard let list else { return [] }
    var result: [String] = []
    while let text = list[result.count] { result.append(String(cString: text)) }
    return result
  }

  package func activate() throws {
    precondition(state == .configured, "activate of a node that is \(state)")
    // Swift's own allocation ends the program if there is not enough memory.
    guard canHaveMemory(bytes: memory) else { throw NodeFailure.memory(memory) }
    host.services.entering?("activate", node)
    let failure = try callQueue.call("activate") { [record] () -> NodeFailure? in
      var error = auscult_error.empty
      record.isActive = record.functions.pointee.activate(record.pointer, &error) == AUSCULT_OK
      return record.isActive ? nil : NodeFailure(error)
    }
    if let failure { throw failure }
    state = .active
  }

  /// Whether it is a sink that records notices. Thread: control.
  package var readsNotices: Bool { record.host.readsNotices }

  /// Lets the node finish what it has. It may not have returned when this does: see `isIdle`.
  ///
  /// - Parameters:
  ///   - seconds: how long to wait.
  ///   - through: the frame position through which this instance gets notices; by default it gets none. The maximum: it
  ///     gets all, also what nodes have announced over files.
  package func deactivate(seconds: Double = patience, noticesThrough through: Int64 = .min) {
    guard state == .active, !isGivenUp else { return }
    state = .created
    host.services.entering?("deactivate", node)
    callQueue.finish("deactivate", seconds: seconds) { [record] in
      record.host.lastNotices.store(through, ordering: .releasing)
      record.deactivate()
      record.host.lastNotices.store(NodeHostRecord.running, ordering: .relaxed)
    }
  }

  /// Calls another function of the node, in the same way as `activate`.
  package func call<Answer>(_ function: String, _ body: @escaping (UnsafeMutableRawPointer) -> Answer) throws -> Answer
  {
    try callQueue.call(function) { [record] in body(record.pointer) }
  }

  /// Calls a function without an answer, and waits only briefly.
  package func tell(_ function: String, _ body: @escaping (UnsafeMutableRawPointer) -> Void) {
    callQueue.finish(function, seconds: Self.patience) { [record] in body(record.pointer) }
  }
}
