import CRealtime

/// A copy of one cycle's input, kept back until the next cycle tells whether frames were lost before it.
///
/// Realtime code but for `make` and `free`.
struct HeldCycle {
  /// JACK's longest period.
  static var mostFrames: Int {
    @_noLocks @_noAllocation get { 8192 }
  }

  /// Frames held; 0: none.
  private(set) var frames = 0
  let inputs: UnsafeMutablePointer<UnsafePointer<Float>?>
  private let samples: UnsafeMutablePointer<Float>
  private let inputCount: Int
  /// Whether cycles may be kept back at all.
  private let isAllowed: Bool

  /// - Parameter isAllowed: not in a graph that gives samples to JACK, for these are due in the very cycle.
  static func make(inputCount: Int, isAllowed: Bool) -> HeldCycle {
    HeldCycle(inputCount: isAllowed ? inputCount : 0, isAllowed: isAllowed)
  }

  private init(inputCount: Int, isAllowed: Bool) {
    self.inputCount = inputCount
    self.isAllowed = isAllowed
    samples = .allocate(capacity: max(1, inputCount * Self.mostFrames))
    inputs = .allocate(capacity: max(1, inputCount))
    for index in 0..<inputCount { (inputs + index).initialize(to: UnsafePointer(samples + index * Self.mostFrames)) }
  }

  func free() {
    samples.deallocate()
    inputs.deallocate()
  }

  @_noLocks @_noAllocation
  func canHold(_ count: Int) -> Bool { isAllowed && count <= Self.mostFrames }

  @_noLocks @_noAllocation
  mutating func hold(_ from: UnsafeMutablePointer<UnsafePointer<Float>?>, frames count: Int) {
    for index in 0..<inputCount {
      if let channel = from[index] { realtime_copy(samples + index * Self.mostFrames, channel, count * 4) }
    }
    frames = count
  }

  @_noLocks @_noAllocation
  mutating func clear() { frames = 0 }
}
