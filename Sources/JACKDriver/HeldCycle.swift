import CRealtime

/// A copy of one cycle's input, kept back until the next cycle tells whether frames were lost before it.
///
/// Realtime code but for `make`, `makeRoom` and `free`.
struct HeldCycle {
  /// JACK's longest period.
  static var mostFrames: Int {
    @_noLocks @_noAllocation get { 8192 }
  }

  /// Frames held; 0: none.
  private(set) var frames = 0
  /// By the engine's channel index; nil: the channel was not there.
  let inputs: UnsafeMutablePointer<UnsafePointer<Float>?>
  /// Samples [mostFrames] of each channel that there ever was.
  private let samples: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>

  static func make() -> HeldCycle {
    let inputs = UnsafeMutablePointer<UnsafePointer<Float>?>.allocate(capacity: PortTable.room)
    inputs.initialize(repeating: nil, count: PortTable.room)
    let samples = UnsafeMutablePointer<UnsafeMutablePointer<Float>?>.allocate(capacity: PortTable.room)
    samples.initialize(repeating: nil, count: PortTable.room)
    return HeldCycle(inputs: inputs, samples: samples)
  }

  private init(
    inputs: UnsafeMutablePointer<UnsafePointer<Float>?>, samples: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
  ) {
    self.inputs = inputs
    self.samples = samples
  }

  func free() {
    for index in 0..<PortTable.room { samples[index]?.deallocate() }
    samples.deallocate()
    inputs.deallocate()
  }

  /// Room for a channel, before its port is in the table. It stays for whoever gets the index next.
  ///
  /// Thread: control.
  func makeRoom(at index: Int) {
    guard samples[index] == nil else { return }
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: Self.mostFrames)
    memory.initialize(repeating: 0, count: Self.mostFrames)
    samples[index] = memory
  }

  @_noLocks @_noAllocation
  func canHold(_ count: Int) -> Bool { count <= Self.mostFrames }

  /// - Parameter from: by channel index; nil: the channel is not there.
  @_noLocks @_noAllocation
  mutating func hold(_ from: UnsafeMutablePointer<UnsafePointer<Float>?>, channels: Int, frames count: Int) {
    for index in 0..<channels {
      inputs[index] = nil
      if let channel = from[index], let memory = samples[index] {
        realtime_copy(memory, channel, count * 4)
        inputs[index] = UnsafePointer(memory)
      }
    }
    frames = count
  }

  @_noLocks @_noAllocation
  mutating func clear() { frames = 0 }
}
