import RealtimeCore
import Synchronization

/// What a node keeps from schedule to schedule, apart from its outputs. The thread that runs the node writes it; the
/// control thread may read it at any time.
struct NodeState {
  private struct Memory: ~Copyable {
    let hasFailed = Atomic<Bool>(false)
    let isFailureMarked = Atomic<Bool>(false)
    let longest = Atomic<Int64>(0)
    let calls = Atomic<Int64>(0)
    let nanoseconds = Atomic<Int64>(0)
    let inputWatermark = Atomic<Int64>(0)
    let leftOut = Atomic<Int64>(0)
    let isInputReported = Atomic<Bool>(false)
  }

  private let memory: UnsafeMutablePointer<Memory>

  /// Thread: control.
  init() {
    memory = .allocate(capacity: 1)
    memory.initialize(to: Memory())
  }

  /// Thread: control, when no thread runs the node any more.
  func deallocate() {
    memory.deinitialize(count: 1)
    memory.deallocate()
  }

  /// The node failed and yields no more tokens. The control thread may set it, too.
  var hasFailed: Bool {
    @_noLocks @_noAllocation get { memory.pointee.hasFailed.load(ordering: .relaxed) }
    @_noLocks @_noAllocation nonmutating set { memory.pointee.hasFailed.store(newValue, ordering: .relaxed) }
  }

  /// The node's outputs say that it failed.
  var isFailureMarked: Bool {
    @_noLocks @_noAllocation get { memory.pointee.isFailureMarked.load(ordering: .relaxed) }
    @_noLocks @_noAllocation nonmutating set { memory.pointee.isFailureMarked.store(newValue, ordering: .relaxed) }
  }

  /// Frame position through which its inputs are complete.
  var inputWatermark: Int64 {
    @_noLocks @_noAllocation get { memory.pointee.inputWatermark.load(ordering: .relaxed) }
    @_noLocks @_noAllocation nonmutating set { memory.pointee.inputWatermark.store(newValue, ordering: .relaxed) }
  }

  /// Calls of `process` so far.
  var calls: Int64 { memory.pointee.calls.load(ordering: .relaxed) }
  /// Time in `process` so far, in nanoseconds; 0 where it is not measured.
  var nanoseconds: Int64 { memory.pointee.nanoseconds.load(ordering: .relaxed) }

  /// Calls whose scores were left out, because the input was not finite.
  var leftOut: Int64 { memory.pointee.leftOut.load(ordering: .relaxed) }

  /// The longest call since it was last taken, in nanoseconds; 0 where it is not measured. A call that ends meanwhile
  /// may be missed.
  func takeLongest() -> Int64 { memory.pointee.longest.exchange(0, ordering: .relaxed) }

  // Only one thread writes, so a load and a store make a sum. Other threads never see a half-written value.

  @_noLocks @_noAllocation
  func countCall() {
    memory.pointee.calls.store(memory.pointee.calls.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
  }

  @_noLocks @_noAllocation
  func countLeftOut() {
    memory.pointee.leftOut.store(memory.pointee.leftOut.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
  }

  /// - Returns: true the first time.
  @_noLocks @_noAllocation
  func noteNotFiniteInput() -> Bool { !memory.pointee.isInputReported.exchange(true, ordering: .relaxed) }

  @_noLocks @_noAllocation
  func addTime(_ nanoseconds: Int64) {
    let before = memory.pointee.nanoseconds.load(ordering: .relaxed)
    memory.pointee.nanoseconds.store(before + nanoseconds, ordering: .relaxed)
    if nanoseconds > memory.pointee.longest.load(ordering: .relaxed) {
      memory.pointee.longest.store(nanoseconds, ordering: .relaxed)
    }
  }
}

/// How far the output of a fresh node is. The thread that runs the node writes it.
struct Progress: ~Copyable {
  /// Frame position where its stream begins; max: it has not begun.
  let start = Atomic<Int64>(Int64.max)
  /// Frame position through which it is complete.
  let complete = Atomic<Int64>(Int64.min)
  let tokens = Atomic<Int64>(0)
  let hasFailed = Atomic<Bool>(false)
}
