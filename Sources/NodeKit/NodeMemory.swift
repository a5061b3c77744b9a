/// The memory of a node's running state: allocated on the control thread, aligned for SIMD, freed all at once.
///
/// A node keeps it together with its pointers. `activate` frees the old memory and allocates what `process` needs.
/// `deactivate` and the end of the node free it. Realtime code touches only the pointers.
///
/// Thread: control.
public final class NodeMemory {
  private var owned: [UnsafeMutableRawPointer] = []
  /// Bytes requested.
  public private(set) var bytes = 0

  public init() {}

  deinit { free() }

  /// Frees everything. The pointers to it become invalid.
  public func free() {
    for pointer in owned { pointer.deallocate() }
    owned = []
    bytes = 0
  }

  /// An array of `count` equal values.
  public func array<T: BitwiseCopyable>(repeating value: T, count: Int) -> UnsafeMutablePointer<T> {
    let memory = room(count, of: T.self)
    memory.initialize(repeating: value, count: count)
    return memory
  }

  public func array<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let memory = room(values.count, of: T.self)
    memory.initialize(from: values, count: values.count)
    return memory
  }

  /// One value.
  public func value<T: BitwiseCopyable>(_ value: T) -> UnsafeMutablePointer<T> { array(repeating: value, count: 1) }

  private func room<T: BitwiseCopyable>(_ count: Int, of type: T.Type) -> UnsafeMutablePointer<T> {
    let size = count * MemoryLayout<T>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(64, size), alignment: 64)
    owned.append(memory)
    bytes += size
    return memory.bindMemory(to: T.self, capacity: max(1, count))
  }
}
