import CNodeABI
import IsolationMessages
import NodeABI
import NodeHost
import RealtimeCore

/// The instance of the node, and the answers to the host's calls.
final class ServedNode {
  private let nodeClass: NodeClass
  private let host: NodeHostHere
  /// What the instance may read as long as it lives.
  private let lasting = Arena()
  private let instance: UnsafeMutableRawPointer
  private var native: UnsafePointer<auscult_class> { nodeClass.native }
  private let blocks = ServedBlocks()
  private var training: ServedTraining?
  private var setup = Arena()
  private var shape = (rows: 0, columns: 0)
  private var tunings: [UInt32: UnsafeMutableRawPointer] = [:]

  init(_ message: inout MessageReader) throws {
    let (path, build, name) = (message.text(), message.text(), message.text())
    let library = try PluginLibrary(path: path)
    guard library.buildID == build else {
      throw NodeProblem("is another build than the one that the graph was checked with: \(path) has changed")
    }
    guard let nodeClass = library.classes.first(where: { $0.name == name }) else {
      throw NodeProblem("is not in \(path)")
    }
    self.nodeClass = nodeClass
    host = NodeHostHere(graph: message.nativeText(lasting), node: message.nativeText(lasting))
    let arguments = message.arguments(lasting)
    var (created, error) = (UnsafeMutableRawPointer?.none, auscult_error.empty)
    let status = nodeClass.native.pointee.create(
      nodeClass.native, host.native, UInt32(arguments.count), arguments.list, &created, &error)
    guard status == AUSCULT_OK, let created else { throw NodeProblem(error) }
    instance = created
  }

  func answer(_ kind: MessageKind, _ message: inout MessageReader, _ answer: inout MessageWriter) throws -> Int32 {
    var error = auscult_error.empty
    switch kind {
    case .configure: try configure(&message, &answer)
    case .activate: try check(native.pointee.activate(instance, &error), error)
    case .deactivate: native.pointee.deactivate(instance)
    case .destroy: native.pointee.destroy(instance)
    case .reset: native.pointee.reset?(instance)
    case .process: return process(&message, &answer)
    case .save, .restore: try state(kind, &message, &answer)
    case .explain, .reconstruct: try explain(kind, &message, &answer)
    case .report: try report()
    case .begin, .take, .fit, .write, .end: try train(kind, &message)
    case .prepare, .apply, .dispose: try tune(kind, &message)
    case .reopen: ability(AUSCULT_REOPEN, auscult_reopen.self)?.pointee.reopen(instance)
    default: return AnswerStatus.unknown
    }
    return AnswerStatus.done
  }

  private func check(_ status: auscult_status, _ error: auscult_error) throws {
    if status != AUSCULT_OK { throw NodeProblem(error) }
  }

  private func ability<T>(_ name: String, _ type: T.Type) -> UnsafePointer<T>? {
    nodeClass.ability(name)?.assumingMemoryBound(to: type)
  }

  // MARK: Work

  private func configure(_ message: inout MessageReader, _ answer: inout MessageWriter) throws {
    let arena = Arena()
    let (setup, result) = message.setup(arena)
    var error = auscult_error.empty
    try check(native.pointee.configure(instance, setup, result, &error), error)
    answer.add(answer: result.pointee)
    if setup.pointee.input_count > 0 {
      shape = (Int(setup.pointee.inputs[0].rows), Int(setup.pointee.inputs[0].columns))
    }
    self.setup = arena
  }

  private func process(_ message: inout MessageReader, _ answer: inout MessageWriter) -> Int32 {
    let cycle = blocks.cycle(&message, base: NodeServer.shared.base)
    let status = native.pointee.process(instance, cycle)
    guard status == AUSCULT_OK else {
      answer.add(text: cycle.pointee.failure)
      return AnswerStatus.failed
    }
    answer.add(text: "")
    for index in 0..<Int(cycle.pointee.output_count) {
      let block = cycle.pointee.outputs[index]!.pointee
      answer.add(block.count)
      answer.add(block.flags)
      answer.add(block.learned)
    }
    return AnswerStatus.done
  }

  // MARK: Abilities

  private func state(_ kind: MessageKind, _ message: inout MessageReader, _ answer: inout MessageWriter) throws {
    guard let table = ability(AUSCULT_STATE, auscult_state.self) else { throw NodeProblem("has no state/1") }
    var error = auscult_error.empty
    if kind == .restore {
      try check(table.pointee.restore(instance, message.bytes, UInt64(message.bytes.count), &error), error)
      return
    }
    var sink = auscult_state_sink()
    sink.size = UInt32(MemoryLayout<auscult_state_sink>.size)
    let status = withUnsafeMutablePointer(to: &answer) { answer in
      sink.context = UnsafeMutableRawPointer(answer)
      sink.write = { sink, bytes, count in
        sink!.pointee.context.assumingMemoryBound(to: MessageWriter.self).pointee.add(
          plain: UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        return AUSCULT_OK
      }
      return table.pointee.save(instance, &sink, &error)
    }
    try check(status, error)
  }

  private func explain(_ kind: MessageKind, _ message: inout MessageReader, _ answer: inout MessageWriter) throws {
    guard let table = ability(AUSCULT_EXPLAIN, auscult_explain.self) else { throw NodeProblem("has no explain/1") }
    let channel = message.number(UInt32.self)
    let arena = Arena()
    let count = shape.rows * shape.columns
    let token = arena.array(Float.self, count: count)
    message.plain(count * 4).withUnsafeBytes {
      if let from = $0.baseAddress { UnsafeMutableRawPointer(token).copyMemory(from: from, byteCount: $0.count) }
    }
    var error = auscult_error.empty
    if kind == .reconstruct {
      let made = arena.array(Float.self, count: count)
      try check(table.pointee.reconstruct(instance, channel, token, made, &error), error)
      answer.add(plain: UnsafeRawBufferPointer(start: made, count: count * 4))
      return
    }
    let bands = arena.array(Float.self, count: shape.columns)
    let moments = arena.array(Float.self, count: shape.rows)
    try check(table.pointee.explain(instance, channel, token, bands, moments, &error), error)
    answer.add(plain: UnsafeRawBufferPointer(start: bands, count: shape.columns * 4))
    answer.add(plain: UnsafeRawBufferPointer(start: moments, count: shape.rows * 4))
  }

  private func report() throws {
    guard let table = ability(AUSCULT_REPORT, auscult_report.self) else { throw NodeProblem("has no report/1") }
    var error = auscult_error.empty
    var sink = auscult_report_sink()
    sink.size = UInt32(MemoryLayout<auscult_report_sink>.size)
    sink.figure = { _, of, name, value in
      var message = MessageWriter()
      message.add(text: of)
      message.add(text: name)
      message.add(value)
      NodeServer.shared.tell(.figure, message)
    }
    try check(table.pointee.report(instance, &sink, &error), error)
  }

  private func train(_ kind: MessageKind, _ message: inout MessageReader) throws {
    guard let table = ability(AUSCULT_TRAINER, auscult_trainer.self) else { throw NodeProblem("has no trainer/1") }
    if kind == .begin { training = ServedTraining(table, instance) }
    guard let training else { throw NodeProblem("has not begun a training") }
    try training.answer(kind, &message)
    if kind == .end { self.training = nil }
  }

  // MARK: New values

  private func tune(_ kind: MessageKind, _ message: inout MessageReader) throws {
    guard let table = ability(AUSCULT_TUNE, auscult_tune.self) else { throw NodeProblem("has no tune/1") }
    let number = message.number(UInt32.self)
    if kind == .dispose {
      if let values = tunings.removeValue(forKey: number) { table.pointee.dispose(instance, values) }
      return
    }
    if tunings[number] == nil {
      // A process that was started again prepares the values when they are applied.
      let arguments = message.arguments(lasting)
      var (values, error) = (UnsafeMutableRawPointer?.none, auscult_error.empty)
      try check(
        table.pointee.prepare(instance, UInt32(arguments.count), arguments.list, &values, &error), error)
      tunings[number] = values
    }
    if kind == .apply, let values = tunings[number] { table.pointee.take(instance, values) }
  }
}

extension NodeProblem {
  init(_ error: auscult_error) {
    self.init(
      error.message.isEmpty ? "failed and gave no reason" : error.message, parameter: error.parameterName ?? "")
  }
}
