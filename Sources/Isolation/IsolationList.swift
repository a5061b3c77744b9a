import CIsolation
import Synchronization

/// What people read of a node in a process of its own.
public struct IsolationState: Sendable, Equatable {
  public var node: String
  /// The system's number of the process; nil: there is none now.
  public var process: Int?
  /// Processes that have ended by a fault.
  public var restarts: Int
  /// Why the last one ended; nil: none has.
  public var lastEnd: String?
  /// Limits that are in force, in words.
  public var limits: [String]
}

/// All nodes of this program that have processes of their own.
///
/// Thread: any.
public final class IsolationList: Sendable {
  public static let shared = IsolationList()

  private let states = Mutex<[ObjectIdentifier: IsolationState]>([:])

  /// By node.
  public var all: [IsolationState] { states.withLock { Array($0.values) }.sorted { $0.node < $1.node } }

  func note(_ node: IsolatedNode, _ process: NodeProcess?, _ restarts: Restarts) {
    let limits = process.map { IsolationLimits.words($0.confinement) }
    states.withLock { states in
      let before = states[ObjectIdentifier(node)]?.limits ?? []
      states[ObjectIdentifier(node)] = IsolationState(
        node: node.name, process: process.map { Int($0.number) }, restarts: restarts.count,
        lastEnd: restarts.count > 0 ? restarts.lastEnd.text : nil, limits: limits ?? before)
    }
  }

  func forget(_ node: IsolatedNode) { states.withLock { $0[ObjectIdentifier(node)] = nil } }
}

enum IsolationLimits {
  /// What is in force, in words.
  static func words(_ confinement: UInt32) -> [String] {
    let all: [(UInt32, String)] = [
      (CONFINED_MEMORY, "memory"), (CONFINED_PRIVILEGES, "no new privileges"),
      (CONFINED_CALLS, "no network, no processes (seccomp)"),
      (CONFINED_WRITING, "no files opened for writing (seccomp)"),
      (CONFINED_FILES, "files in its outputs' folders only (landlock)"),
    ]
    return all.filter { confinement & $0.0 != 0 }.map(\.1)
  }
}
