import Synchronization

/// Where the exchange of a swap lies, for every thread that changes over there: frame position X. A token that ends at or
/// before X belongs to the old side, every other to the new one.
///
/// The realtime thread sets it at a cycle's start. Whoever looks at a token first and at the point then, and finds it
/// unset, knows that the token ends before it: X is never before what has been heard.
struct SwapPoint: ~Copyable {
  /// From the old side to the new one ...
  let forward: UnsafeMutablePointer<Atomic<Int64>>
  /// ... and back again, when what is new turns out to be bad.
  let back: UnsafeMutablePointer<Atomic<Int64>>
  /// Of the graph that judges behind each. Set before the exchange is asked for. Thread: control.
  var forwardGeneration: UInt32 = 0
  var backGeneration: UInt32 = 0
  /// Inputs that have changed over, there and back.
  let switches = Atomic<Int>(0)

  init() {
    forward = .allocate(capacity: 2)
    back = forward + 1
    for position in [forward, back] { position.initialize(to: Atomic(SwapPoint.unset)) }
  }

  deinit { forward.deallocate() }

  static var unset: Int64 {
    @_noLocks @_noAllocation get { Int64.max }
  }

  /// The next one to wait for, after an input has changed over so many times.
  @_noLocks @_noAllocation
  func pending(after changes: Int) -> Int64 {
    switch changes {
    case 0: forward.pointee.load(ordering: .acquiring)
    case 1: back.pointee.load(ordering: .acquiring)
    default: SwapPoint.unset
    }
  }

  /// The exchange is there, and no way back was taken.
  var isNewSide: Bool {
    @_noLocks @_noAllocation get {
      forward.pointee.load(ordering: .relaxed) != SwapPoint.unset
        && back.pointee.load(ordering: .relaxed) == SwapPoint.unset
    }
  }

  @_noLocks @_noAllocation
  func countSwitch() { switches.add(1, ordering: .releasing) }
}
