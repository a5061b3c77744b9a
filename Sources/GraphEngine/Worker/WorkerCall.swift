import Synchronization

/// Whose a worker's call into a plugin is. A thread enters and leaves; a call that does not come back is taken away from
/// its thread, which, should it return, finds that it has nothing more to do there.
struct WorkerCall: ~Copyable {
  /// The number of the call that is under way; 0: none is; -1: it was taken away.
  private let state = Atomic<Int>(0)
  private let calls = Atomic<Int>(0)

  /// - Returns: the number of the call, for `leave`.
  ///
  /// Thread: the one that runs the node.
  @_noLocks @_noAllocation
  func enter() -> Int {
    let call = calls.load(ordering: .relaxed) + 1
    calls.store(call, ordering: .relaxed)
    state.store(call, ordering: .releasing)
    return call
  }

  /// False: the call was taken away. Thread: the one that runs the node.
  @_noLocks @_noAllocation
  func leave(_ call: Int) -> Bool {
    state.compareExchange(expected: call, desired: 0, ordering: .acquiringAndReleasing).exchanged
  }

  /// The call that is under way; nil: none is. Thread: any.
  var current: Int? {
    let call = state.load(ordering: .acquiring)
    return call > 0 ? call : nil
  }

  /// Takes a call away; false: it has come back. Thread: any.
  func takeAway(_ call: Int) -> Bool {
    state.compareExchange(expected: call, desired: -1, ordering: .acquiringAndReleasing).exchanged
  }
}
