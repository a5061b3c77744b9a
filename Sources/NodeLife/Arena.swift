import Glibc
import RealtimeCore

/// Memory that is taken piece by piece and given back as a whole: what native structs point to. Thread: control.
package final class Arena: @unchecked Sendable {
  private var pieces: [UnsafeMutableRawPointer] = []
  /// What was reserved and is not handed out yet.
  private var rest: UnsafeMutableRawPointer?
  private var restBytes = 0
  /// Bytes handed out so far.
  package private(set) var bytes = 0

  package init() {}

  deinit { for piece in pieces { free(piece) } }

  /// Takes so many bytes at once, out of which pieces are handed then; false: they can't be had.
  ///
  /// For whatever grows with what a file or a graph says: a piece that was not reserved ends the program where it can't be
  /// had.
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
    guard let piece = zeroedMemory(bytes: size) else { fatalError("\(size) bytes of memory can't be had") }
    pieces.append(piece)
    return piece
  }

  /// Bytes that a piece takes.
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

  /// A list of texts, ended by nil.
  package func texts(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?> {
    UnsafePointer(array(texts.map { Optional(text($0)) } + [nil]))
  }
}
