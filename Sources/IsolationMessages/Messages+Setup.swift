import CNodeABI
import RealtimeCore

/// What `configure` gets and answers, in messages.
extension MessageWriter {
  public mutating func add(setup: auscult_setup, answer: auscult_answer) {
    add(setup.driver_rate)
    add(setup.quantum)
    add(setup.memory)
    add(setup.input_count)
    for index in 0..<Int(setup.input_count) {
      add(setup.input_ports[index])
      add(text: setup.input_nodes[index])
      add(format: setup.inputs[index])
    }
    add(answer.output_count)
    for index in 0..<Int(answer.output_count) { add(format: answer.outputs[index]) }
  }

  public mutating func add(answer: auscult_answer) {
    add(answer.output_count)
    for index in 0..<Int(answer.output_count) {
      add(answer.bursts[index])
      add(format: answer.outputs[index])
    }
    add(answer.latency)
    add(answer.history)
    add(answer.reach)
    add(answer.external_inputs)
    add(answer.external_outputs)
    add(answer.memory)
    let channels = answer.channel_map == nil || answer.output_count == 0 ? 0 : answer.outputs[0].channels
    add(channels)
    for channel in 0..<Int(channels) { add(answer.channel_map[channel]) }
    add(producer: answer.producer?.pointee)
  }
}

extension MessageReader {
  package mutating func setup(_ arena: Arena) -> (
    setup: UnsafeMutablePointer<auscult_setup>, answer: UnsafeMutablePointer<auscult_answer>
  ) {
    var setup = auscult_setup()
    setup.size = UInt32(MemoryLayout<auscult_setup>.size)
    setup.driver_rate = number()
    setup.quantum = number()
    setup.memory = number()
    let count = count(least: 80)
    let ports = arena.array(UInt32.self, count: count)
    let nodes = arena.array(UnsafePointer<CChar>?.self, count: count)
    let inputs = arena.array(auscult_format.self, count: count)
    for index in 0..<count {
      ports[index] = number()
      nodes[index] = nativeText(arena)
      inputs[index] = format(arena)
    }
    setup.input_count = UInt32(count)
    setup.input_ports = UnsafePointer(ports)
    setup.input_nodes = UnsafePointer(nodes)
    setup.inputs = UnsafePointer(inputs)
    var answer = auscult_answer()
    answer.size = UInt32(MemoryLayout<auscult_answer>.size)
    let outputCount = self.count(least: 72)
    answer.outputs = arena.array(auscult_format.self, count: outputCount)
    for index in 0..<outputCount { answer.outputs[index] = format(arena) }
    answer.output_count = UInt32(outputCount)
    answer.bursts = arena.array(UInt32.self, count: outputCount)
    return (arena.array([setup]), arena.array([answer]))
  }

  /// Fills the answer of the host. What it points to lives as long as the arena.
  package mutating func answer(_ answer: UnsafeMutablePointer<auscult_answer>, _ arena: Arena) {
    guard count(least: 76) == Int(answer.pointee.output_count) else { return fail() }
    for index in 0..<Int(answer.pointee.output_count) {
      answer.pointee.bursts[index] = number()
      answer.pointee.outputs[index] = format(arena)
    }
    answer.pointee.latency = number()
    answer.pointee.history = number()
    answer.pointee.reach = number()
    answer.pointee.external_inputs = number()
    answer.pointee.external_outputs = number()
    answer.pointee.memory = number()
    let channels = count(least: 4)
    if channels > 0 {
      let map = (0..<channels).map { _ in number(UInt32.self) }
      answer.pointee.channel_map = UnsafePointer(arena.array(map))
      if answer.pointee.output_count == 0 || channels != Int(answer.pointee.outputs[0].channels) { fail() }
    }
    answer.pointee.producer = producer(arena)
  }
}
