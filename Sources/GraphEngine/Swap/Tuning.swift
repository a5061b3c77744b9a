import CNodeABI
import CRealtime
import NodeHost

/// New values for a node that goes on with its state: put in force at the exchange, and taken back on the way back.
///
/// Thread: control, but for `take`.
final class Tuning {
  let runtime: NodeRuntime
  let entry: TuneEntry

  /// - Throws: what the node says of the values.
  init(_ runtime: NodeRuntime, before: Graph.Node, after: Graph.Node) throws {
    self.runtime = runtime
    let functions = runtime.instance.nodeClass.tuneFunctions!
    let forward = try Tuning.prepare(functions, runtime.instance, after)
    do {
      let back = try Tuning.prepare(functions, runtime.instance, before)
      entry = TuneEntry(functions: functions, instance: runtime.instance.pointer, forward: forward, back: back)
    } catch {
      functions.pointee.dispose(runtime.instance.pointer, forward)
      throw error
    }
  }

  deinit {
    entry.functions.pointee.dispose(entry.instance, entry.forward)
    entry.functions.pointee.dispose(entry.instance, entry.back)
  }

  private static func prepare(
    _ functions: UnsafePointer<auscult_tune>, _ instance: NodeInstance, _ node: Graph.Node
  ) throws -> UnsafeMutableRawPointer {
    let arguments = NativeArguments(node.arguments)
    var error = NodeInstance.emptyError()
    var values: UnsafeMutableRawPointer?
    let status = functions.pointee.prepare(
      instance.pointer, UInt32(arguments.count), arguments.list, &values, &error)
    guard status == AUSCULT_OK, let values else { throw NodeInstance.failure(error) }
    return values
  }
}

/// What the thread that runs a node needs to put new values in force.
struct TuneEntry {
  let functions: UnsafePointer<auscult_tune>
  let instance: UnsafeMutableRawPointer
  let forward: UnsafeMutableRawPointer
  let back: UnsafeMutableRawPointer

  /// Thread: the one that runs the node, between two calls of `process`.
  @_noLocks @_noAllocation
  func take(isForward: Bool) { realtime_take(functions, instance, isForward ? forward : back) }
}

extension NodeClass {
  /// How its instances take new values while they run; nil: they don't.
  var tuneFunctions: UnsafePointer<auscult_tune>? { ability(AUSCULT_TUNE)?.assumingMemoryBound(to: auscult_tune.self) }
}
