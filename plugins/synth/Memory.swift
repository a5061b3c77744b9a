/// The memory behind the pointers of a simulator: all of it made on the control thread, freed at once.
final class Memory {
  private var owned: [UnsafeMutableRawPointer] = []
  private(set) var bytes = 0

  deinit { for pointer in owned { pointer.deallocate() } }

  func array<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let size = max(1, values.count) * MemoryLayout<T>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    owned.append(memory)
    bytes += size
    let typed = memory.bindMemory(to: T.self, capacity: max(1, values.count))
    typed.initialize(from: values, count: values.count)
    return typed
  }

  func floats(_ values: [Float]) -> UnsafePointer<Float> { UnsafePointer(array(values)) }
}
