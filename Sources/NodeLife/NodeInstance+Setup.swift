import CNodeABI
import NodeHost

/// What `configure` gets from the host. Thread: control.
extension NodeInstance {
  /// The input of `configure`; it lives as long as the arena.
  func makeSetup(
    _ arena: Arena, rate: Int, quantum: Int, inputs: [ConfiguredInput], memory: Int
  ) -> UnsafePointer<auscult_setup> {
    UnsafePointer(
      arena.array([
        auscult_setup(
          size: UInt32(MemoryLayout<auscult_setup>.size), driver_rate: UInt32(rate), quantum: UInt32(quantum),
          input_count: UInt32(inputs.count), inputs: arena.array(inputs.map { $0.format.format }),
          input_ports: arena.array(inputs.map { UInt32($0.port) }), input_nodes: arena.texts(inputs.map { $0.node }),
          memory: UInt64(memory))
      ]))
  }

  /// Room for the answer, with the formats that apply if the node changes nothing.
  func makeAnswer(
    _ arena: Arena, rate: Int, input: ConfiguredInput?
  ) -> UnsafeMutablePointer<auscult_answer> {
    let outputCount = Int(native.pointee.output_count)
    let outputs = arena.array(auscult_format.self, count: outputCount)
    for index in 0..<outputCount { outputs[index] = initialFormat(port: index, rate: rate, input: input) }
    var answer = auscult_answer()
    answer.size = UInt32(MemoryLayout<auscult_answer>.size)
    answer.output_count = UInt32(outputCount)
    answer.outputs = outputs
    answer.bursts = arena.array(UInt32.self, count: outputCount)
    return arena.array([answer])
  }

  /// An output's format before the node changes it.
  private func initialFormat(port: Int, rate: Int, input: ConfiguredInput?) -> auscult_format {
    var format = input?.format.format ?? auscult_format()
    format.size = UInt32(MemoryLayout<auscult_format>.size)
    format.driver_rate = UInt32(rate)
    format.stamp = AUSCULT_STAMP_HOST
    if input == nil {
      format.kind = AUSCULT_AUDIO
      format.channels = 1
      format.rows = 1
      format.columns = 1
      format.denominator = 1
      format.period = 1
      format.extent = 1
    } else {
      // A port with only one kind yields that kind, unless the node says otherwise.
      let kinds = native.pointee.outputs[port].kinds
      if kinds.nonzeroBitCount == 1 { format.kind = kinds }
    }
    return format
  }
}
