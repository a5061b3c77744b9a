/// Memory of one scorer, aligned for SIMD, that lives as long as this.
public final class ScorerMemory {
  private var owned: [UnsafeMutableRawPointer] = []

  public init() {}

  deinit { for pointer in owned { pointer.deallocate() } }

  public func keep<T: BitwiseCopyable>(_ values: [T]) -> UnsafePointer<T> {
    let memory: UnsafeMutablePointer<T> = take(values.count)
    memory.initialize(from: values, count: values.count)
    return UnsafePointer(memory)
  }

  /// Room for `count` values.
  public func room<T: BitwiseCopyable>(_ count: Int, of zero: T) -> UnsafeMutablePointer<T> {
    let memory: UnsafeMutablePointer<T> = take(count)
    memory.initialize(repeating: zero, count: count)
    return memory
  }

  private func take<T: BitwiseCopyable>(_ count: Int) -> UnsafeMutablePointer<T> {
    Allotment.note(bytes: count * MemoryLayout<T>.stride)
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(64, count * MemoryLayout<T>.stride), alignment: 64)
    owned.append(raw)
    return raw.bindMemory(to: T.self, capacity: max(1, count))
  }
}
