import Glibc
import IsolationMessages

/// What a new process of a node is told, so that it is where the last one was.
struct StartHistory {
  /// Bytes that a node may take beside what it declares.
  private static let least = 1 << 30
  /// The share of the computer's memory that a training may take.
  private static let trainingShare = 2

  var create: [UInt8] = []
  var configure: [UInt8]?
  /// The answer to `configure`.
  var answer: [UInt8] = []
  var isActive = false
  /// The last values that were applied.
  var tuning: [UInt8]?
  /// Bytes that the node declared when it was configured.
  var declared = 0
  var isTraining = false

  var calls: [(MessageKind, [UInt8])] {
    if create.isEmpty { return [] }
    var calls: [(MessageKind, [UInt8])] = [(.create, create)]
    if let configure { calls.append((.configure, configure)) }
    if isActive { calls.append((.activate, [])) }
    if isActive, let tuning { calls.append((.apply, tuning)) }
    return calls
  }

  /// The most bytes that the process may take for itself.
  var memoryLimit: Int {
    let (pages, page) = (max(1, sysconf(Int32(_SC_PHYS_PAGES))), max(1, sysconf(Int32(_SC_PAGESIZE))))
    if isTraining { return max(Self.least, pages * page / Self.trainingShare) }
    return Self.least + 2 * min(declared, 1 << 45)
  }
}
