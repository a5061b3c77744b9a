import CNodeABI

/// What one call of `process` works on, and its memory.
public final class RigCall {
  public let inputs: [RigBlock]
  public let outputs: [RigBlock]
  public let cycle: UnsafeMutablePointer<auscult_cycle>
  private let memory = RigMemory()

  /// - Parameter externalOutputs: each has room for the clock's frames.
  public init(
    _ inputs: [RigBlock], outputs: [RigBlock], clock: auscult_clock, externalInputs: [[Float]],
    externalOutputs: [UnsafeMutablePointer<Float>]
  ) {
    self.inputs = inputs
    self.outputs = outputs
    cycle = memory.array([auscult_cycle()])
    cycle.pointee.size = UInt32(MemoryLayout<auscult_cycle>.size)
    cycle.pointee.input_count = UInt32(inputs.count)
    cycle.pointee.output_count = UInt32(outputs.count)
    cycle.pointee.inputs = UnsafePointer(memory.array(inputs.map { Optional(UnsafePointer($0.pointer)) }))
    cycle.pointee.outputs = UnsafePointer(memory.array(outputs.map { Optional($0.pointer) }))
    cycle.pointee.clock = UnsafePointer(memory.array([clock]))
    let (memory, cycle) = (memory, cycle)
    cycle.pointee.external_inputs = UnsafePointer(
      memory.array(externalInputs.map { Optional(UnsafePointer(memory.array($0))) }))
    cycle.pointee.external_outputs = UnsafePointer(memory.array(externalOutputs.map { Optional($0) }))
  }
}
