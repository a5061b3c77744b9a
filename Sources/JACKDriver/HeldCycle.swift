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
  /// Whether anything was connected to the channel's port.
  let connected: UnsafeMutablePointer<UInt8>
  /// Samples [mostFrames] of each channel that there ever was.
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

  /// - Parameters:
  ///   - from: by channel index; nil: the channel is not there.
  ///   - isConnected: by channel index: whether anything is connected to its port.
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
