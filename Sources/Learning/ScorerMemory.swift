import NodeKit

/// Memory of one scorer, which lives as long as this; it counts in the training's allotment.
public final class ScorerMemory {
  private let memory = NodeMemory()

  public init() {}

  public func keep<T: BitwiseCopyable>(_ values: [T]) -> UnsafePointer<T> {
    Allotment.note(bytes: values.count * MemoryLayout<T>.stride)
    return UnsafePointer(memory.array(values))
  }

  /// Room for `count` values.
  public func room<T: BitwiseCopyable>(_ count: Int, of zero: T) -> UnsafeMutablePointer<T> {
    Allotment.note(bytes: count * MemoryLayout<T>.stride)
    return memory.array(repeating: zero, count: count)
  }
}
