/// Numbers of a network, aligned for SIMD, zeros at first. A few zeros lie behind them: kernels read in whole steps.
public final class Values<S: NetworkScalar> {
  public let count: Int
  public let pointer: UnsafeMutablePointer<S>

  public init(_ count: Int) {
    self.count = count
    let room = count + 64
    let raw = UnsafeMutableRawPointer.allocate(byteCount: room * MemoryLayout<S>.stride, alignment: 64)
    pointer = raw.bindMemory(to: S.self, capacity: room)
    pointer.initialize(repeating: 0, count: room)
  }

  public convenience init(_ values: [S]) {
    self.init(values.count)
    pointer.update(from: values, count: values.count)
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }

  public var array: [S] {
    get { Array(UnsafeBufferPointer(start: pointer, count: count)) }
    set {
      precondition(newValue.count == count)
      pointer.update(from: newValue, count: count)
    }
  }

  func clear() { pointer.update(repeating: 0, count: count) }
}

/// What a layer has learned, or keeps track of.
public final class NetworkParameter<S: NetworkScalar> {
  /// As model files call it: "weight", "bias", "mean".
  public let name: String
  public let shape: [Int]
  public let values: Values<S>
  /// Sum over the tokens of a batch; nil: not learned by gradients (running means).
  public let gradient: Values<S>?

  init(_ name: String, _ shape: [Int], isLearned: Bool = true, initial: S = 0) {
    self.name = name
    self.shape = shape
    let count = shape.reduce(1, *)
    values = Values(count)
    gradient = isLearned ? Values(count) : nil
    if initial != 0 { values.pointer.update(repeating: initial, count: count) }
  }
}
