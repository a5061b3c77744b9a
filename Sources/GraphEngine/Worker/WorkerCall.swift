import Synchronization

/// The ownership of a worker's call into a plugin. A thread enters and leaves. If a call does not return, another
/// thread takes it away; should the call return later, its thread does nothing more with the node.
struct WorkerCall: ~Copyable {
  /// The number of the call in progress; 0: none; -1: it was taken away.
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

  /// The call in progress; nil: none. Thread: any.
  var current: Int? {
    let call = state.load(ordering: .acquiring)
    return call > 0 ? call : nil
  }

  /// Takes a call away; false: it has already returned. Thread: any.
  func takeAway(_ call: Int) -> Bool {
    state.compareExchange(expected: call, desired: -1, ordering: .acquiringAndReleasing).exchanged
  }
}
