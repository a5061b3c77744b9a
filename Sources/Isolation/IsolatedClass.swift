import CNodeABI
import NodeABI
import NodeHost
import Synchronization

/// A class whose instances live in processes of their own: the declarations are the plugin's, the functions ours. So
/// everything that calls a node's functions calls the process, and needs not know it.
package final class IsolatedClass: @unchecked Sendable {
  let original: NodeClass
  /// Its instances are programs of the user.
  let isProgram: Bool
  private let native = UnsafeMutablePointer<auscult_class>.allocate(capacity: 1)
  /// Of the abilities that the original has, by name. Never freed, like the class.
  private var tables: [String: UnsafeRawPointer] = [:]

  private struct Known {
    var classes: [ObjectIdentifier: NodeClass] = [:]
  }
  private static let known = Mutex(Known())

  /// The isolated form of a class; the same one every time. Thread: control.
  package static func isolated(_ original: NodeClass) -> NodeClass {
    if original.isIsolated { return original }
    return known.withLock { known in
      if let made = known.classes[ObjectIdentifier(original)] { return made }
      let made = NodeClass(isolating: original, IsolatedClass(original).native)
      known.classes[ObjectIdentifier(original)] = made
      return made
    }
  }

  /// A class that exists only in processes of its own. Thread: control.
  package static func isProgram(_ nodeClass: NodeClass) -> Bool { nodeClass.ability(AUSCULT_PROGRAM) != nil }

  private init(_ original: NodeClass) {
    self.original = original
    isProgram = Self.isProgram(original)
    var copy = original.native.pointee
    copy.size = UInt32(MemoryLayout<auscult_class>.size)
    copy.realtime = AUSCULT_OFFLOAD
    copy.create = isolatedCreate
    copy.configure = isolatedConfigure
    copy.activate = isolatedActivate
    copy.reset = original.native.pointee.reset == nil ? nil : isolatedReset
    copy.process = isolatedProcess
    copy.deactivate = { isolatedNode($0).deactivate() }
    copy.destroy = { pointer in
      isolatedNode(pointer).end()
      Unmanaged<IsolatedNode>.fromOpaque(pointer!).release()
    }
    copy.extension = { nodeClass, name in
      guard let nodeClass, let name else { return nil }
      return isolatedClass(nodeClass).tables[String(cString: name)]
    }
    for name in [AUSCULT_STATE, AUSCULT_EXPLAIN, AUSCULT_REPORT, AUSCULT_TRAINER, AUSCULT_TUNE, AUSCULT_REOPEN] {
      if let table = original.ability(name) { tables[name] = isolatedTable(name, like: table) }
    }
    // It has no functions.
    if let table = original.ability(AUSCULT_CONTINUE) { tables[AUSCULT_CONTINUE] = table }
    copy.record = UnsafeRawPointer(Unmanaged.passRetained(self).toOpaque())
    native.initialize(to: copy)
  }
}

func isolatedClass(_ native: UnsafePointer<auscult_class>) -> IsolatedClass {
  Unmanaged<IsolatedClass>.fromOpaque(native.pointee.record).takeUnretainedValue()
}

func isolatedNode(_ pointer: UnsafeMutableRawPointer?) -> IsolatedNode {
  Unmanaged<IsolatedNode>.fromOpaque(pointer!).takeUnretainedValue()
}

func status(_ isDone: Bool) -> auscult_status { isDone ? AUSCULT_OK : AUSCULT_FAILED }

// MARK: Functions of the class

private let isolatedCreate:
  @convention(c) (
    UnsafePointer<auscult_class>?, UnsafePointer<auscult_host>?, UInt32, UnsafePointer<auscult_argument>?,
    UnsafeMutablePointer<UnsafeMutableRawPointer?>?, UnsafeMutablePointer<auscult_error>?
  ) -> auscult_status = { nodeClass, host, count, arguments, result, failure in
    let isolated = isolatedClass(nodeClass!)
    let program = isolated.isProgram ? UserProgram(count, arguments, failure) : nil
    guard !isolated.isProgram || program != nil else { return AUSCULT_FAILED }
    let node = IsolatedNode(isolated, host!, count, arguments, program)
    guard node.create(failure) else {
      node.end()
      return AUSCULT_FAILED
    }
    result!.pointee = Unmanaged.passRetained(node).toOpaque()
    return AUSCULT_OK
  }

private let isolatedConfigure:
  @convention(c) (
    UnsafeMutableRawPointer?, UnsafePointer<auscult_setup>?, UnsafeMutablePointer<auscult_answer>?,
    UnsafeMutablePointer<auscult_error>?
  ) -> auscult_status = { pointer, setup, answer, failure in
    status(isolatedNode(pointer).configure(setup!, answer!, failure))
  }

private let isolatedActivate:
  @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<auscult_error>?) -> auscult_status = {
    pointer, failure in status(isolatedNode(pointer).activate(failure))
  }

private let isolatedReset: @convention(c) (UnsafeMutableRawPointer?) -> Void = { isolatedNode($0).reset() }

private let isolatedProcess:
  @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<auscult_cycle>?) -> auscult_status = {
    pointer, cycle in isolatedNode(pointer).process(cycle!)
  }
