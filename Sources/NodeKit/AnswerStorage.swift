import CNodeABI

/// The memory behind an answer's pointers. It lives until the next `configure` or the end of the instance.
final class AnswerStorage {
  private let memory = NodeMemory()

  func store(_ answer: Answer, in target: UnsafeMutablePointer<auscult_answer>) {
    memory.free()
    for (index, output) in answer.outputs.enumerated() {
      target.pointee.outputs[index] = native(output.format)
      target.pointee.bursts[index] = UInt32(clamping: output.burst)
    }
    target.pointee.latency = answer.latency
    target.pointee.history = answer.history
    target.pointee.reach = answer.reach ?? Int64(AUSCULT_UNBOUNDED)
    target.pointee.external_inputs = UInt32(answer.externalInputs)
    target.pointee.external_outputs = UInt32(answer.externalOutputs)
    target.pointee.external_connect = answer.connect.isEmpty ? nil : texts(answer.connect)
    target.pointee.channel_map = answer.channelMap.isEmpty ? nil : array(answer.channelMap.map { UInt32($0) })
    target.pointee.memory = UInt64(clamping: answer.memory)
    if answer.model != nil || !answer.classNames.isEmpty {
      target.pointee.producer = array([
        auscult_producer(
          size: UInt32(MemoryLayout<auscult_producer>.size), node: nil, class_name: nil, library: nil,
          model: answer.model.map { text($0) }, class_names: texts(answer.classNames),
          class_name_count: UInt32(answer.classNames.count))
      ])
    }
  }

  private func native(_ format: StreamFormat) -> auscult_format {
    auscult_format(
      size: UInt32(MemoryLayout<auscult_format>.size), kind: format.kind.rawValue, channels: UInt32(format.channels),
      rows: UInt32(format.rows), columns: UInt32(format.columns), driver_rate: UInt32(format.driverRate),
      denominator: format.denominator, period: format.period, extent: format.extent, offset: format.offset,
      lookahead: format.lookahead, stamp: format.stampedByNode ? AUSCULT_STAMP_NODE : AUSCULT_STAMP_HOST,
      scale: format.scale.rawValue, frequencies: format.frequencies.isEmpty ? nil : array(format.frequencies),
      frequency_count: UInt32(format.frequencies.count), silent_share: UInt32(format.silentShare),
      machines: format.machines.isEmpty ? nil : texts(format.machines))
  }

  private func array<T: BitwiseCopyable>(_ values: [T]) -> UnsafePointer<T> { UnsafePointer(memory.array(values)) }

  private func text(_ text: String) -> UnsafePointer<CChar> { array(text.utf8CString.map { $0 }) }

  private func texts(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?> {
    array(texts.map { Optional(text($0)) } + [nil])
  }
}
