import CKernels
import NodeKit

/// An active filter bank: the data that the realtime thread uses.
struct BandSummer {
  private let columns: Int
  private let count: Int
  private let exponent: Int
  private let groups: UnsafeMutablePointer<kernel_band_group>
  private let weights: UnsafeMutablePointer<Float>
  /// Power or magnitude of each bin, zeros beyond them.
  private let scratch: UnsafeMutablePointer<Float>

  /// Thread: control.
  init(_ bank: FilterBank, columns: Int, exponent: Int, _ memory: NodeMemory) {
    self.columns = columns
    self.exponent = exponent
    count = bank.centers.count
    groups = memory.array(bank.groups)
    weights = memory.array(bank.weights)
    scratch = memory.array(repeating: 0, count: bank.extent)
  }

  /// Bytes that it holds.
  static func memory(_ bank: FilterBank) -> Int {
    bank.groups.count * MemoryLayout<kernel_band_group>.size + (bank.weights.count + bank.extent) * 4
  }

  @_noLocks @_noAllocation
  func sum(_ spectrum: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
    if exponent == 2 { kernel_power(scratch, spectrum, columns) } else { kernel_magnitude(scratch, spectrum, columns) }
    kernel_bands(output, scratch, groups, weights, count)
  }
}
