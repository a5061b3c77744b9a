import Synchronization

/// The exchange of a swap, for all threads: frame position X. A token that ends at or before X belongs to the old side,
/// every other token to the new side.
///
/// The realtime thread sets it at a cycle's start. A thread must look at a token first and at the point second. If the
/// point is unset, the token ends before X: X is never before a frame that has already run.
struct SwapPoint: ~Copyable {
  /// X of the change from the old side to the new side.
  let forward: UnsafeMutablePointer<Atomic<Int64>>
  /// X of the return to the old side, when the new nodes fail.
  let back: UnsafeMutablePointer<Atomic<Int64>>
  /// Generation of the graph that judges after each X. Set before the exchange is requested. Thread: control.
  var forwardGeneration: UInt32 = 0
  var backGeneration: UInt32 = 0
  /// Number of inputs that have changed over, in both directions.
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

  /// The next X to wait for, after an input has changed over `changes` times.
  @_noLocks @_noAllocation
  func pending(after changes: Int) -> Int64 {
    switch changes {
    case 0: forward.pointee.load(ordering: .acquiring)
    case 1: back.pointee.load(ordering: .acquiring)
    default: SwapPoint.unset
    }
  }

  /// The exchange has happened, and the old side has not returned.
  var isNewSide: Bool {
    @_noLocks @_noAllocation get {
      forward.pointee.load(ordering: .relaxed) != SwapPoint.unset
        && back.pointee.load(ordering: .relaxed) == SwapPoint.unset
    }
  }

  @_noLocks @_noAllocation
  func countSwitch() { switches.add(1, ordering: .releasing) }
}
