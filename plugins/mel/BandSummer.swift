import CKernels

/// An active filter bank: what the realtime thread touches.
struct BandSummer {
  private let columns: Int
  private let count: Int
  private let exponent: Int
  private let bands: UnsafeMutablePointer<kernel_band>
  private let weights: UnsafeMutablePointer<Float>
  /// Power or magnitude of each bin, zeros beyond them.
  private let scratch: UnsafeMutablePointer<Float>

  /// Thread: control.
  init(_ bank: FilterBank, columns: Int, exponent: Int) {
    self.columns = columns
    self.exponent = exponent
    count = bank.bands.count
    bands = .allocate(capacity: count)
    bands.initialize(from: bank.bands, count: count)
    weights = BandSummer.floats(bank.weights.count)
    weights.update(from: bank.weights, count: bank.weights.count)
    scratch = BandSummer.floats(bank.extent)
  }

  private static func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(64, count * 4), alignment: 64)
      .bindMemory(to: Float.self, capacity: count)
    memory.initialize(repeating: 0, count: count)
    return memory
  }

  /// Thread: control.
  func free() {
    bands.deallocate()
    weights.deallocate()
    scratch.deallocate()
  }

  /// Bytes that it holds.
  static func memory(_ bank: FilterBank) -> Int {
    bank.bands.count * MemoryLayout<kernel_band>.size + (bank.weights.count + bank.extent) * 4
  }

  @_noLocks @_noAllocation
  func sum(_ spectrum: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
    if exponent == 2 { kernel_power(scratch, spectrum, columns) } else { kernel_magnitude(scratch, spectrum, columns) }
    kernel_bands(output, scratch, bands, weights, count)
  }
}
