import Glibc
import Synchronization

/// The hash of each graph that a run has had, by generation. The texts live as long as this object: nodes may keep them.
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

  /// "sha256:..." of the graph of a generation; nil: there was none. 0, the generation of tokens that no run has numbered,
  /// stands for the first graph.
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
