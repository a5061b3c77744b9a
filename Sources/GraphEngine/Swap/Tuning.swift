import CNodeABI
import CRealtime
import NodeHost

/// New values for a node that keeps its state. They take effect at the exchange; a return restores the old values.
///
/// Thread: control, except for `take`.
final class Tuning {
  let runtime: NodeRuntime
  let entry: TuneEntry

  /// - Throws: the node's objection to the values.
  init(_ runtime: NodeRuntime, before: Graph.Node, after: Graph.Node) throws {
    self.runtime = runtime
    let functions = runtime.instance.nodeClass.tuneFunctions!
    let forward = try Tuning.prepare(functions, runtime.instance, after)
    do {
      let back = try Tuning.prepare(functions, runtime.instance, before)
      entry = TuneEntry(functions: functions, instance: runtime.instance.pointer, forward: forward, back: back)
    } catch {
      Tuning.dispose(functions, runtime.instance, forward)
      throw error
    }
  }

  deinit {
    for values in [entry.forward, entry.back] { Tuning.dispose(entry.functions, runtime.instance, values) }
  }

  private static func dispose(
    _ functions: UnsafePointer<auscult_tune>, _ instance: NodeInstance, _ values: UnsafeMutableRawPointer
  ) {
    instance.tell("dispose") { functions.pointee.dispose($0, values) }
  }

  private static func prepare(
    _ functions: UnsafePointer<auscult_tune>, _ instance: NodeInstance, _ node: Graph.Node
  ) throws -> UnsafeMutableRawPointer {
    let arguments = NativeArguments(node.arguments)
    let prepare = { (pointer: UnsafeMutableRawPointer) -> Result<UnsafeMutableRawPointer, NodeFailure> in
      var error = auscult_error.empty
      var values: UnsafeMutableRawPointer?
      let status = functions.pointee.prepare(pointer, UInt32(arguments.count), arguments.list, &values, &error)
      guard status == AUSCULT_OK, let values else { return .failure(NodeFailure(error)) }
      return .success(values)
    }
    return try instance.call("prepare", prepare).get()
  }
}

/// What the thread that runs a node needs to apply new values.
struct TuneEntry {
  let functions: UnsafePointer<auscult_tune>
  let instance: UnsafeMutableRawPointer
  let forward: UnsafeMutableRawPointer
  let back: UnsafeMutableRawPointer

  /// Thread: the one that runs the node, between two calls of `process`.
  @_noLocks @_noAllocation
  func take(isForward: Bool) { realtime_take(functions, instance, isForward ? forward : back) }
}
