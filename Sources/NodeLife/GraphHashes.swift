import Glibc
import Synchronization

/// The hash of each graph that a run has had, by generation. A text lives as long as this, because nodes keep it.
///
/// Thread: any but the realtime thread.
package final class GraphHashes: Sendable {
  private struct Texts: @unchecked Sendable {
    var all: [String: UnsafeMutablePointer<CChar>] = [:]
    var ofGeneration: [UInt32: UnsafePointer<CChar>] = [:]
  }
  private let texts = Mutex(Texts())

  package init() {}

  deinit {
    texts.withLock { for text in $0.all.values { free(text) } }
  }

  /// Of a generation; for 0, which tokens have that nobody gave one, of the first.
  package subscript(generation: UInt32) -> UnsafePointer<CChar>? {
    texts.withLock { $0.ofGeneration[max(generation, 1)] }
  }

  package func set(_ hash: String, of generation: Int) {
    texts.withLock {
      let text = $0.all[hash] ?? strdup(hash)!
      $0.all[hash] = text
      $0.ofGeneration[UInt32(truncatingIfNeeded: generation)] = UnsafePointer(text)
    }
  }
}
