import CNodeABI
import IsolationMessages
import RealtimeCore

/// The blocks that `process` sees: their records come in the message, their content lies in the shared memory.
final class ServedBlocks {
  /// One input or output.
  private final class Port {
    let block: UnsafeMutablePointer<auscult_block>
    private let own = Arena()
    /// Of the format and the producer.
    private var description = Arena()
    private var gapNode = Arena()

    init() {
      block = own.array([auscult_block()])
      block.pointee.size = UInt32(MemoryLayout<auscult_block>.size)
    }

    func fill(_ record: BlockRecord, _ base: UnsafeMutableRawPointer) {
      record.fill(block)
      let at = { (place: UInt64) in place == 0 ? nil : base + Int(place) }
      block.pointee.data = at(record.data)
      block.pointee.heads = at(record.heads)?.assumingMemoryBound(to: auscult_head.self)
      block.pointee.marks = at(record.marks)?.assumingMemoryBound(to: UInt8.self)
      block.pointee.learned_marks = at(record.learnedMarks)?.assumingMemoryBound(to: UInt8.self)
    }

    func describe(_ record: BlockRecord, _ message: inout MessageReader) {
      if record.isDescribed {
        description = Arena()
        block.pointee.format = UnsafePointer(description.array([message.format(description)]))
        block.pointee.producer = message.producer(description)
      }
      guard record.flags & AUSCULT_BLOCK_GAP != 0 else { return }
      gapNode = Arena()
      block.pointee.gap.node = message.nativeText(gapNode)
    }
  }

  private var inputs: [Port] = []
  private var outputs: [Port] = []
  private var arena = Arena()

  /// What the message describes, valid until the next call.
  func cycle(_ message: inout MessageReader, base: UnsafeMutableRawPointer) -> UnsafeMutablePointer<auscult_cycle> {
    let (inputCount, outputCount) = (Int(message.number(UInt32.self)), Int(message.number(UInt32.self)))
    while inputs.count < inputCount { inputs.append(Port()) }
    while outputs.count < outputCount { outputs.append(Port()) }
    var clock = auscult_clock()
    clock.position = message.number()
    clock.frames = message.number()
    clock.flags = message.number()
    let ports = inputs[..<inputCount] + outputs[..<outputCount]
    let records = ports.map { port in
      let record = message.block()
      port.fill(record, base)
      return record
    }
    for (port, record) in zip(ports, records) { port.describe(record, &message) }
    arena = Arena()
    var cycle = auscult_cycle()
    cycle.size = UInt32(MemoryLayout<auscult_cycle>.size)
    cycle.input_count = UInt32(inputCount)
    cycle.output_count = UInt32(outputCount)
    cycle.inputs = UnsafePointer(arena.array(inputs[..<inputCount].map { UnsafePointer($0.block) as UnsafePointer? }))
    cycle.outputs = UnsafePointer(arena.array(outputs[..<outputCount].map { $0.block as UnsafeMutablePointer? }))
    cycle.clock = UnsafePointer(arena.array([clock]))
    return arena.array([cycle])
  }
}
