import CRealtime
import NodeKit

/// A list that realtime code may read: made on the control thread, freed with its owner.
struct FixedList<Element: BitwiseCopyable>: ~Copyable {
  private var memory: UnsafeMutablePointer<Element>
  private let count: Int

  init(_ values: [Element] = []) {
    memory = .allocate(capacity: max(1, values.count))
    memory.initialize(from: values, count: values.count)
    count = values.count
  }

  deinit { memory.deallocate() }

  var bytes: Int { count * MemoryLayout<Element>.stride }

  subscript(_ index: Int) -> Element {
    // Checked where they are inlined.
    @inline(__always) get { memory[index] }
    @inline(__always) nonmutating set { memory[index] = newValue }
  }
}

/// The factor that a number stands for: itself, or 10^(x / 20) where it was written in dB.
///
/// Fails above +-1e6 (120 dB), so that no sum of a few channels leaves the range of a float.
func factor(of value: Value, parameter: String) throws -> Float {
  guard let number = value.number else { throw NodeError("takes numbers", parameter: parameter) }
  let factor = value.unit == .decibel ? realtime_pow(10, number / 20) : number
  guard abs(factor) <= 1e6 else { throw NodeError("is above 120 dB", parameter: parameter) }
  return Float(factor)
}
