/// Memory that is taken piece by piece and given back as a whole: what native structs point to. Thread: control.
final class Arena: @unchecked Sendable {
  private var pieces: [UnsafeMutableRawPointer] = []
  /// Bytes handed out so far.
  private(set) var bytes = 0

  deinit { for piece in pieces { piece.deallocate() } }

  /// Zeroed bytes, aligned for SIMD.
  func raw(bytes count: Int) -> UnsafeMutableRawPointer {
    let size = max(64, (count + 63) & ~63)
    let piece = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    piece.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    pieces.append(piece)
    bytes += size
    return piece
  }

  func array<T>(_ type: T.Type, count: Int) -> UnsafeMutablePointer<T> {
    raw(bytes: count * MemoryLayout<T>.stride).bindMemory(to: type, capacity: max(1, count))
  }

  func array<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let memory = array(T.self, count: values.count)
    memory.initialize(from: values, count: values.count)
    return memory
  }

  func text(_ text: String) -> UnsafePointer<CChar> { UnsafePointer(array(Array(text.utf8CString))) }

  /// A list of texts, ended by nil.
  func texts(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?> {
    UnsafePointer(array(texts.map { Optional(text($0)) } + [nil]))
  }
}
