import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory of models' weights in pages of 2 MiB where the system has them. A model is read whole for each few tokens: in
/// pages of 4 KiB, looking up their addresses takes a third of the time of dense layers. Models of many machines share
/// pages.
///
/// Thread: any.
final class ModelPages: @unchecked Sendable {
  private static let size = 2 << 20
  /// What the current chunk has left goes to the next pieces.
  private static let current = Mutex<ModelPages?>(nil)

  private let base: UnsafeMutableRawPointer
  private let capacity: Int
  private var used = 0

  private init(_ capacity: Int) {
    self.capacity = capacity
    base = .allocate(byteCount: capacity, alignment: Self.size)
    #if os(Linux)
      // Without such pages, or the right to them, it stays ordinary memory.
      madvise(base, capacity, MADV_HUGEPAGE)
    #endif
  }

  deinit { base.deallocate() }

  /// Room of `size` bytes, which lives as long as `owner`.
  static func room(_ size: Int) -> (memory: UnsafeMutableRawPointer, owner: ModelPages) {
    current.withLock { current in
      if let current, let memory = current.take(size) { return (memory, current) }
      let pages = ModelPages((size + Self.size - 1) / Self.size * Self.size)
      let memory = pages.take(size).unsafelyUnwrapped
      current = pages
      return (memory, pages)
    }
  }

  private func take(_ size: Int) -> UnsafeMutableRawPointer? {
    let begin = (used + 63) / 64 * 64
    guard begin + size <= capacity else { return nil }
    used = begin + size
    return base + begin
  }
}
