import Synchronization

/// State shared by the realtime, notification and control threads. Atomics only; `DriverControl` owns the memory.
struct DriverShare: ~Copyable {
  // Control and notification threads -> realtime thread.

  /// The client is leaving the server: later cycles have no sound.
  let isLeaving = Atomic<Bool>(false)

  // Notification threads -> realtime thread.

  /// The server runs in freewheel: cycles have no deadline.
  let isFreewheeling = Atomic<Bool>(false)

  // Realtime thread -> control thread.

  /// The origin has passed: cycles go to the engine.
  let hasBegun = Atomic<Bool>(false)
  /// Cycles that ended after the server had begun the next one. If an idle client has them too, the computer causes them.
  let overruns = Atomic<Int64>(0)
  /// Cycles that JACK called, including those before the origin.
  let cycles = Atomic<Int64>(0)
  let stamp = CycleStamp()

  // Notification threads -> control thread.

  let xruns = Atomic<Int64>(0)
  let periodChanges = Atomic<Int64>(0)
  /// Frames in a cycle from now on.
  let period = Atomic<Int>(0)
  let sampleRate = Atomic<Int>(0)
  /// The kernel's number of the thread that runs the cycles; 0: not seen yet.
  let audioThread = Atomic<Int32>(0)
  /// The kernel's number of JACK's notification thread; 0: not seen yet.
  let notificationThread = Atomic<Int32>(0)
  let portsChanged = Atomic<Bool>(false)
  let isShutDown = Atomic<Bool>(false)

  // Control thread -> any.

  /// There is no server, and the driver waits for one.
  let isWaiting = Atomic<Bool>(false)

  // Any thread -> control thread.

  let stopRequested = Atomic<Bool>(false)
}

/// The begin of the last cycle: frame position and JACK's time. One thread writes it, others read a consistent pair.
struct CycleStamp: ~Copyable {
  struct Reading: Equatable {
    var position: Int64
    /// Microseconds of `jack_get_time`.
    var microseconds: UInt64
  }

  /// Odd during a write; 0 before the first.
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

  /// Nil before the first write, and if a write disturbed ten attempts in a row.
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
