import CNodeABI
import CRealtime
import GraphCompiler

extension NodeInstance {
  /// Calls `process` once, with one input and one output, and without a deadline. The node must be active.
  ///
  /// Thread: the one that owns the instance.
  func process(
    _ input: UnsafePointer<auscult_block>, to output: UnsafeMutablePointer<auscult_block>
  ) -> auscult_status {
    var clock = auscult_clock()
    clock.flags = AUSCULT_CLOCK_NO_DEADLINE
    var (from, to) = (Optional(input), Optional(output))
    let before = realtime_flush_denormals()
    defer { realtime_restore_denormals(before) }
    return withUnsafePointer(to: &from) { inputs in
      withUnsafePointer(to: &to) { outputs in
        withUnsafePointer(to: &clock) { clock in
          var cycle = auscult_cycle()
          cycle.size = UInt32(MemoryLayout<auscult_cycle>.size)
          (cycle.input_count, cycle.output_count) = (1, 1)
          (cycle.inputs, cycle.outputs, cycle.clock) = (inputs, outputs, clock)
          return native.pointee.process(pointer, &cycle)
        }
      }
    }
  }
}
