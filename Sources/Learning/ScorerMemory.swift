import NodeKit

/// Memory of one scorer, which lives as long as this; it counts in the training's allotment.
public final class ScorerMemory {
  /// Smaller arrays stay in ordinary memory.
  private static let largeSize = 32 << 10

  private let memory = NodeMemory()
  private var pages: [ModelPages] = []

  public init() {}

  public func keep<T: BitwiseCopyable>(_ values: [T]) -> UnsafePointer<T> {
    guard let memory = large(values.count, of: T.self) else {
      return UnsafePointer(self.memory.array(values))
    }
    memory.initialize(from: values, count: values.count)
    return UnsafePointer(memory)
  }

  /// Room for `count` values.
  public func room<T: BitwiseCopyable>(_ count: Int, of zero: T) -> UnsafeMutablePointer<T> {
    guard let memory = large(count, of: T.self) else { return self.memory.array(repeating: zero, count: count) }
    memory.initialize(repeating: zero, count: count)
    return memory
  }

  /// Uninitialised memory for a large array; nil: it is small.
  private func large<T>(_ count: Int, of type: T.Type) -> UnsafeMutablePointer<T>? {
    let size = count * MemoryLayout<T>.stride
    Allotment.note(bytes: size)
    guard size >= Self.largeSize else { return nil }
    let (memory, owner) = ModelPages.room(size)
    if pages.last !== owner { pages.append(owner) }
    return memory.bindMemory(to: T.self, capacity: count)
  }
}
