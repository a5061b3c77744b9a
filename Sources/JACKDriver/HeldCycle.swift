import CRealtime

/// A copy of one cycle's input, held back until the next cycle shows whether frames were lost before it.
///
/// Realtime code, except `make`, `makeRoom` and `free`.
struct HeldCycle {
  /// JACK's longest period.
  static var mostFrames: Int {
    @_noLocks @_noAllocation get { 8192 }
  }

  /// Frames held; 0: none.
  private(set) var frames = 0
  /// By the engine's channel index; nil: no such channel.
  let inputs: UnsafeMutablePointer<UnsafePointer<Float>?>
  /// Whether anything was connected to the channel's port.
  let connected: UnsafeMutablePointer<UInt8>
  /// Samples [mostFrames] of each channel that ever existed.
  private let samples: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>

  static func make() -> HeldCycle {
    let inputs = UnsafeMutablePointer<UnsafePointer<Float>?>.allocate(capacity: PortTable.capacity)
    inputs.initialize(repeating: nil, count: PortTable.capacity)
    let samples = UnsafeMutablePointer<UnsafeMutablePointer<Float>?>.allocate(capacity: PortTable.capacity)
    samples.initialize(repeating: nil, count: PortTable.capacity)
    let connected = UnsafeMutablePointer<UInt8>.allocate(capacity: PortTable.capacity)
    connected.initialize(repeating: 0, count: PortTable.capacity)
    return HeldCycle(inputs: inputs, connected: connected, samples: samples)
  }

  private init(
    inputs: UnsafeMutablePointer<UnsafePointer<Float>?>, connected: UnsafeMutablePointer<UInt8>,
    samples: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
  ) {
    self.inputs = inputs
    self.connected = connected
    self.samples = samples
  }

  func free() {
    for index in 0..<PortTable.capacity { samples[index]?.deallocate() }
    samples.deallocate()
    inputs.deallocate()
    connected.deallocate()
  }

  /// Allocates memory for a channel, before its port is in the table. The next channel with this index reuses it.
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

  /// - Parameters:
  ///   - from: by channel index; nil: no such channel.
  ///   - isConnected: by channel index: whether its port is connected.
  @_noLocks @_noAllocation
  mutating func hold(
    _ from: UnsafeMutablePointer<UnsafePointer<Float>?>, connected isConnected: UnsafeMutablePointer<UInt8>,
    channels: Int, frames count: Int
  ) {
    for index in 0..<channels {
      inputs[index] = nil
      connected[index] = isConnected[index]
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
