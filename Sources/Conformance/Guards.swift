import CConformance
import CNodeABI
import NodeHost
import NodeRigs

/// Puts the blocks of one feeder beside guard pages, and turns an access to one into a finding.
final class Guards {
  enum Owner: Equatable {
    case input(Int)
    case output(Int)

    var tag: Int32 {
      switch self {
      case .input(let index): Int32(index)
      case .output(let index): Int32(1000 + index)
      }
    }
  }

  struct Fault: Error {
    var text: String
  }

  private let isAtEnd: Bool
  private var memory: [UnsafeMutableRawPointer] = []

  init(atEnd: Bool) { isAtEnd = atEnd }

  deinit { release() }

  /// Frees the blocks of past calls.
  func release() {
    for piece in memory { guard_free(piece) }
    memory = []
  }

  func lender(_ owner: Owner) -> RigBlock.Lender {
    { [self] words in
      guard let piece = guard_allocate(4 * words, isAtEnd ? 1 : 0, owner.tag) else { return nil }
      piece.initializeMemory(as: UInt8.self, repeating: 0xff, count: 4 * words)
      memory.append(piece)
      return piece
    }
  }

  /// Calls `process` of the rig under guard.
  func watch(_ rig: NodeRig, _ fault: @escaping (String) -> Void) {
    let nodeClass = rig.nodeClass
    rig.caller = { functions, instance, cycle in
      var status = AUSCULT_OK
      var caught = guard_fault()
      guard guard_process(functions, instance, cycle, &status, &caught) != 0 else { return status }
      fault(Guards.text(caught, nodeClass))
      let message: StaticString = "touched memory that is not its own"
      cycle.pointee.failure = UnsafeRawPointer(message.utf8Start).assumingMemoryBound(to: CChar.self)
      return AUSCULT_FAILED
    }
  }

  private static func text(_ fault: guard_fault, _ nodeClass: NodeClass) -> String {
    let block =
      fault.tag < 1000
      ? "input \(fault.tag)"
      : "output '\(nodeClass.outputs[min(Int(fault.tag) - 1000, nodeClass.outputs.count - 1)].name)'"
    return "process \(fault.is_write != 0 ? "writes" : "reads") byte \(fault.distance) "
      + "\(fault.is_before != 0 ? "before the begin" : "past the end") of the block of \(block)"
  }
}
