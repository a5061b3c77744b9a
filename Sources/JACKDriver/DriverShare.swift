import Synchronization

/// What the realtime, notification and control threads tell each other. Atomics only; the memory is `DriverControl`'s.
struct DriverShare: ~Copyable {
  // Control and notification threads -> realtime thread.

  /// Leaving the server has begun: cycles that still come are no sound.
  let isLeaving = Atomic<Bool>(false)

  // Notification threads -> realtime thread.

  /// The server runs in freewheel: nothing waits for a cycle.
  let isFreewheeling = Atomic<Bool>(false)

  // Realtime thread -> control thread.

  /// The origin has passed: cycles go to the engine.
  let hasBegun = Atomic<Bool>(false)
  /// Cycles that ended when the server had begun the next one; what an empty client sees too is the machine's.
  let overruns = Atomic<Int64>(0)
  /// Cycles that JACK called, those before the origin among them.
  let cycles = Atomic<Int64>(0)
  let stamp = CycleStamp()

  // Notification threads -> control thread.

  let xruns = Atomic<Int64>(0)
  let periodChanges = Atomic<Int64>(0)
  /// Frames in a cycle from now on.
  let period = Atomic<Int>(0)
  let sampleRate = Atomic<Int>(0)
  /// The kernel's number of the thread that JACK calls notifications on; 0: none was seen.
  let notificationThread = Atomic<Int32>(0)
  let portsChanged = Atomic<Bool>(false)
  let isShutDown = Atomic<Bool>(false)

  // Control thread -> any.

  /// There is no server, and the driver waits for one.
  let isWaiting = Atomic<Bool>(false)

  // Any thread -> control thread.

  let stopRequested = Atomic<Bool>(false)
}

/// The last cycle's begin: its frame position and JACK's time, written by one thread, read whole by others.
struct CycleStamp: ~Copyable {
  struct Reading: Equatable {
    var position: Int64
    /// Of `jack_get_time`.
    var microseconds: UInt64
  }

  /// Odd while a write is under way; 0 before the first.
  private let sequence = Atomic<UInt64>(0)
  private let position = Atomic<Int64>(0)
  private let microseconds = Atomic<UInt64>(0)

  /// Thread: realtime.
  @_noLocks @_noAllocation
  func write(position newPosition: Int64, microseconds newMicroseconds: UInt64) {
    let count = sequence.load(ordering: .relaxed)
    sequence.store(count &+ 1, ordering: .relaxed)
    atomicMemoryFence(ordering: .releasing)
    position.store(newPosition, ordering: .relaxed)
    microseconds.store(newMicroseconds, ordering: .relaxed)
    sequence.store(count &+ 2, ordering: .releasing)
  }

  /// nil before the first write, and if the writer was quicker ten times in a row.
  ///
  /// Thread: any but realtime.
  func read() -> Reading? {
    for _ in 0..<10 {
      let before = sequence.load(ordering: .acquiring)
      let reading = Reading(
        position: position.load(ordering: .relaxed), microseconds: microseconds.load(ordering: .relaxed))
      atomicMemoryFence(ordering: .acquiring)
      if before != 0 && before & 1 == 0 && before == sequence.load(ordering: .relaxed) { return reading }
    }
    return nil
  }
}
