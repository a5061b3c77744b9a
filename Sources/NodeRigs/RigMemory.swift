/// C memory that lives as long as this object.
public final class RigMemory {
  private var owned: [UnsafeMutableRawPointer] = []

  public init() {}

  deinit { for pointer in owned { pointer.deallocate() } }

  /// With a host's alignment, and filled with a byte.
  public func bytes(_ count: Int, filled byte: UInt8 = 0xa5) -> UnsafeMutableRawPointer {
    let pointer = UnsafeMutableRawPointer.allocate(byteCount: max(1, count), alignment: 64)
    pointer.initializeMemory(as: UInt8.self, repeating: byte, count: max(1, count))
    owned.append(pointer)
    return pointer
  }

  public func array<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let pointer = bytes(values.count * MemoryLayout<T>.stride).bindMemory(to: T.self, capacity: max(1, values.count))
    pointer.initialize(from: values, count: values.count)
    return pointer
  }

  public func text(_ text: String) -> UnsafePointer<CChar> { UnsafePointer(array(Array(text.utf8CString))) }

  /// Texts, followed by a null pointer.
  public func texts(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?> {
    UnsafePointer(array(texts.map { Optional(text($0)) } + [nil]))
  }
}
