import CNodeABI
import IsolationMessages
import NodeABI
import RealtimeCore

/// trainer/1 of the node: the tokens lie here from `take` to the end.
final class ServedTraining {
  private let table: UnsafePointer<auscult_trainer>
  private let instance: UnsafeMutableRawPointer
  private let arena = Arena()
  private var examples: [UInt32: Arena] = [:]
  private var width = 0

  init(_ table: UnsafePointer<auscult_trainer>, _ instance: UnsafeMutableRawPointer) {
    self.table = table
    self.instance = instance
  }

  func answer(_ kind: MessageKind, _ message: inout MessageReader) throws {
    var error = auscult_error.empty
    let status: auscult_status
    switch kind {
    case .begin: status = begin(&message, &error)
    case .take: status = try take(&message, &error)
    case .fit: status = table.pointee.fit(instance, &error)
    case .write: status = write(&error)
    default:
      table.pointee.end(instance)
      status = AUSCULT_OK
    }
    if status != AUSCULT_OK { throw NodeProblem(error) }
  }

  private func begin(_ message: inout MessageReader, _ error: inout auscult_error) -> auscult_status {
    let (machines, labels) = (message.nativeTexts(arena), message.nativeTexts(arena))
    var training = auscult_training()
    training.size = UInt32(MemoryLayout<auscult_training>.size)
    training.machines = machines.texts
    training.machine_count = UInt32(machines.count)
    training.labels = labels.texts
    training.label_count = UInt32(labels.count)
    training.format = UnsafePointer(arena.array([message.format(arena)]))
    training.seed = message.number()
    training.memory = message.number()
    training.progress = { _, done, what in
      var message = MessageWriter()
      message.add(done)
      message.add(text: what)
      return NodeServer.shared.ask(.progress, message)?.status ?? 0
    }
    training.epoch = { _, epoch in
      guard let epoch = epoch?.pointee else { return 0 }
      var message = MessageWriter()
      message.add(UInt32(bitPattern: epoch.machine))
      message.add(epoch.number)
      message.add(epoch.last)
      for value in [epoch.loss, epoch.validation_loss, epoch.accuracy, epoch.validation_accuracy] { message.add(value) }
      return NodeServer.shared.ask(.epoch, message)?.status ?? 0
    }
    return table.pointee.begin(instance, arena.array([training]), &error)
  }

  private func take(_ message: inout MessageReader, _ error: inout auscult_error) throws -> auscult_status {
    let arena = Arena()
    var examples = auscult_examples()
    examples.size = UInt32(MemoryLayout<auscult_examples>.size)
    examples.machine = message.number()
    examples.count = message.number()
    examples.width = message.number()
    let (count, width) = (Int(examples.count), Int(examples.width))
    let sizes = arena.reserve(bytes: count * width * 4 + count * 16 + 1024)
    guard sizes else { throw NodeProblem("needs more memory for its tokens than its process may have") }
    if message.flag() { examples.labels = values(&message, count, arena) }
    if message.flag() { examples.recordings = values(&message, count, arena) }
    let tokens: UnsafePointer<Float> = values(&message, count * width, arena)
    if table.pointee.flags & AUSCULT_TRAINER_VIEWS != 0 {
      examples.tokens = UnsafePointer(arena.array((0..<count).map { Optional(tokens + $0 * width) }))
    } else {
      examples.values = tokens
    }
    // The old tokens stay valid until the call returns.
    defer { self.examples[examples.machine] = arena }
    return withUnsafePointer(to: examples) { table.pointee.take(instance, $0, &error) }
  }

  private func values<T>(_ message: inout MessageReader, _ count: Int, _ arena: Arena) -> UnsafePointer<T> {
    let memory = arena.array(T.self, count: count)
    message.plain(count * MemoryLayout<T>.stride).withUnsafeBytes {
      if let from = $0.baseAddress { UnsafeMutableRawPointer(memory).copyMemory(from: from, byteCount: $0.count) }
    }
    return UnsafePointer(memory)
  }

  private func write(_ error: inout auscult_error) -> auscult_status {
    var writer = auscult_model_writer()
    writer.size = UInt32(MemoryLayout<auscult_model_writer>.size)
    writer.tensor = { _, machine, name, type, rank, shape, data in
      var message = MessageWriter()
      message.add(UInt32(bitPattern: machine))
      message.add(text: name)
      message.add(type)
      message.add(rank)
      var count = type == AUSCULT_FLOAT32 ? 4 : 8
      for index in 0..<Int(rank) {
        message.add(shape![index])
        count *= Int(shape![index])
      }
      message.add(plain: UnsafeRawBufferPointer(start: data, count: count))
      return NodeServer.shared.ask(.learnedTensor, message)?.status ?? AUSCULT_FAILED
    }
    writer.text = { _, key, text in
      var message = MessageWriter()
      message.add(text: key)
      message.add(text: text)
      return NodeServer.shared.ask(.learnedText, message)?.status ?? AUSCULT_FAILED
    }
    return table.pointee.write(instance, &writer, &error)
  }
}
