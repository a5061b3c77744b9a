import Synchronization

/// Why nodes failed: the last reason of each, by name. Thread: any.
package final class FailureList: Sendable {
  private let reasons = Mutex<[String: String]>([:])

  package func note(_ node: String, _ reason: String) { reasons.withLock { $0[node] = reason } }

  package subscript(node: String) -> String? { reasons.withLock { $0[node] } }
}
