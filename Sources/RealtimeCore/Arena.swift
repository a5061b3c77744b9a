import Glibc

/// Memory that is allocated piece by piece and freed as a whole, for native structs to point to. Thread: control.
package final class Arena: @unchecked Sendable {
  private var pieces: [UnsafeMutableRawPointer] = []
  /// Reserved memory that is not used yet.
  private var rest: UnsafeMutableRawPointer?
  private var restBytes = 0
  /// Bytes given out so far.
  package private(set) var bytes = 0

  package init() {}

  deinit { for piece in pieces { free(piece) } }

  /// Allocates `count` bytes at once, from which later pieces are taken; false: there is not enough memory.
  ///
  /// Use it for sizes that depend on a file or a graph: if an unreserved piece can't be allocated, the program ends.
  package func reserve(bytes count: Int) -> Bool {
    guard let memory = zeroedMemory(bytes: count) else { return false }
    pieces.append(memory)
    rest = memory
    restBytes = max(64, count)
    return true
  }

  /// Zeroed bytes, aligned for SIMD.
  package func raw(bytes count: Int) -> UnsafeMutableRawPointer {
    let size = Arena.size(count)
    bytes += size
    if let rest, size <= restBytes {
      self.rest = rest + size
      restBytes -= size
      return rest
    }
    guard let piece = zeroedMemory(bytes: size) else { fatalError("\(size) bytes of memory are not available") }
    pieces.append(piece)
    return piece
  }

  /// Bytes that a piece uses.
  package static func size(_ count: Int) -> Int { max(64, (count + 63) & ~63) }

  package func array<T>(_ type: T.Type, count: Int) -> UnsafeMutablePointer<T> {
    raw(bytes: count * MemoryLayout<T>.stride).bindMemory(to: type, capacity: max(1, count))
  }

  package func array<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let memory = array(T.self, count: values.count)
    memory.initialize(from: values, count: values.count)
    return memory
  }

  package func text(_ text: String) -> UnsafePointer<CChar> { UnsafePointer(array(Array(text.utf8CString))) }

  /// A list of texts, terminated by nil.
  package func texts(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?> {
    UnsafePointer(array(texts.map { Optional(text($0)) } + [nil]))
  }
}
