#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Numbers of a network, aligned for SIMD, initially zero. A few zeros follow them, because kernels read in whole
/// steps.
public final class Values<S: NetworkScalar> {
  public let count: Int
  public let pointer: UnsafeMutablePointer<S>

  public init(_ count: Int) {
    var room = count + 64
    let (bytes, overflows) = room.multipliedReportingOverflow(by: MemoryLayout<S>.stride)
    let raw: UnsafeMutableRawPointer
    if let memory = Allotment.take(bytes: overflows ? Int.max : bytes) {
      raw = memory
      self.count = count
    } else {
      // `Allotment` reports it to the maker of the layers, who discards them.
      self.count = 0
      room = 64
      raw = malloc(room * MemoryLayout<S>.stride)!
    }
    // Zeros of both precisions; a generic loop takes dozens of instructions a value.
    memset(raw, 0, room * MemoryLayout<S>.stride)
    pointer = raw.bindMemory(to: S.self, capacity: room)
  }

  public convenience init(_ values: [S]) {
    self.init(values.count)
    pointer.update(from: values, count: values.count)
  }

  deinit { free(pointer) }

  public var array: [S] {
    get { Array(UnsafeBufferPointer(start: pointer, count: count)) }
    set {
      precondition(newValue.count == count)
      pointer.update(from: newValue, count: count)
    }
  }

  /// In single precision: a plain copy where they already are, because a generic conversion takes hundreds of
  /// instructions a value.
  var floats: [Float] {
    guard S.self == Float.self else { return array.map { Float($0) } }
    let floats = UnsafeRawPointer(pointer).assumingMemoryBound(to: Float.self)
    return Array(UnsafeBufferPointer(start: floats, count: count))
  }

  func clear() { memset(pointer, 0, count * MemoryLayout<S>.stride) }
}

/// A parameter or a running statistic of a layer.
public final class NetworkParameter<S: NetworkScalar> {
  /// Its name in model files: "weight", "bias", "mean".
  public let name: String
  public let shape: [Int]
  public let values: Values<S>
  /// Sum over the tokens of a batch; nil: not trained by gradients (running means).
  public let gradient: Values<S>?

  init(_ name: String, _ shape: [Int], isLearned: Bool = true, initial: S = 0) {
    self.name = name
    self.shape = shape
    let count = shape.reduce(1, *)
    values = Values(count)
    gradient = isLearned ? Values(count) : nil
    if initial != 0 { values.pointer.update(repeating: initial, count: values.count) }
  }
}
