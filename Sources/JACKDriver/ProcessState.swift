import CJACK
import CRealtime
import GraphEngine

/// All that the process callback touches, in one piece of memory. Set up, and freed, in `ProcessState+SetUp.swift`.
///
/// Realtime code, all of it marked: the compiler proves that nothing here allocates or locks. What JACK's functions
/// promise stands in CJACK's shim.h.
struct ProcessState {
  /// Which cycle has frame position 0.
  enum Origin {
    case firstCycle
    /// The first cycle in which JACK's transport rolls; nothing is processed before.
    case transport
  }

  let client: OpaquePointer
  let engine: RealtimeEngine
  /// Waits until the engine's queues have room, for cycles that have no deadline. Not marked, never called in the
  /// cycle.
  let room: Unmanaged<Engine>
  let share: UnsafeMutablePointer<DriverShare>
  let rate: Int
  let inputCount: Int
  let outputCount: Int
  let inputPorts: UnsafeMutablePointer<OpaquePointer>
  let outputPorts: UnsafeMutablePointer<OpaquePointer>
  let inputs: UnsafeMutablePointer<UnsafePointer<Float>?>
  let outputs: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>

  var clock = FrameClock()
  /// The last cycle, while it is not known whether frames were lost before it.
  var held: HeldCycle
  var origin: Origin
  /// The next cycle is the first with a new server.
  var isResuming = false
  /// The last cycle was in freewheel.
  var wasFreewheeling = false
  /// CLOCK_MONOTONIC at the last cycle's begin, and its frames.
  var lastBegan: Int64 = 0
  var lastFrames: Int64 = 0
}

extension UnsafeMutablePointer where Pointee == ProcessState {
  /// One cycle of JACK's: from the ports' buffers through the engine to the ports' buffers.
  @_noLocks @_noAllocation
  func cycle(_ frames: UInt32) {
    pointee.share.pointee.cycles.add(1, ordering: .relaxed)
    collectBuffers(frames)
    if !pointee.share.pointee.isLeaving.load(ordering: .acquiring) && hasOrigin() {
      run(frames)
    } else {
      silenceOutputs(frames)
    }
  }

  /// Buffers are asked for anew in every cycle: JACK may move them.
  @_noLocks @_noAllocation
  private func collectBuffers(_ frames: UInt32) {
    for index in 0..<pointee.inputCount {
      let buffer = jack_port_get_buffer(pointee.inputPorts[index], frames)
      pointee.inputs[index] = UnsafePointer(buffer?.assumingMemoryBound(to: Float.self))
    }
    for index in 0..<pointee.outputCount {
      let buffer = jack_port_get_buffer(pointee.outputPorts[index], frames)
      pointee.outputs[index] = buffer?.assumingMemoryBound(to: Float.self)
    }
  }

  @_noLocks @_noAllocation
  private func hasOrigin() -> Bool {
    if pointee.share.pointee.hasBegun.load(ordering: .relaxed) { return true }
    if pointee.origin == .transport && jack_transport_query(pointee.client, nil) != JackTransportRolling {
      return false
    }
    pointee.share.pointee.hasBegun.store(true, ordering: .relaxed)
    return true
  }

  @_noLocks @_noAllocation
  private func run(_ frames: UInt32) {
    let isFreewheeling = pointee.share.pointee.isFreewheeling.load(ordering: .acquiring)
    let times = readTimes()
    let gap = countFrames(frames, times.counter, rebases: isFreewheeling || pointee.wasFreewheeling)
    pointee.wasFreewheeling = isFreewheeling
    if !isFreewheeling && !pointee.clock.isAhead {
      pointee.share.pointee.stamp.write(position: pointee.clock.position - Int64(frames), microseconds: times.began)
    }
    let rest = runHeld(gapBefore: gap) ? 0 : gap
    if pointee.clock.isAhead && pointee.held.canHold(Int(frames)) {
      pointee.held.hold(pointee.inputs, frames: Int(frames))
    } else {
      pointee.engine.cycle(
        DriverCycle(
          frames: Int(frames), gapBefore: rest, hasNoDeadline: isFreewheeling, inputs: UnsafePointer(pointee.inputs),
          outputs: UnsafePointer(pointee.outputs)))
    }
    if !isFreewheeling && (pointee.clock.isLate || jack_last_frame_time(pointee.client) != times.counter) {
      pointee.share.pointee.overruns.add(1, ordering: .relaxed)
    }
  }

  /// Runs the cycle that was kept back, behind the gap that is known by now. Also called when no more cycles come.
  ///
  /// - Returns: whether there was one.
  @_noLocks @_noAllocation
  @discardableResult
  func runHeld(gapBefore gap: Int64 = 0) -> Bool {
    let frames = pointee.held.frames
    if frames == 0 { return false }
    pointee.held.clear()
    pointee.engine.cycle(DriverCycle(frames: frames, gapBefore: gap, inputs: UnsafePointer(pointee.held.inputs)))
    return true
  }

  /// The server's counter, and JACK's time at this cycle's begin: one look, so that they belong together, at the
  /// beginning, before the server moves on.
  @_noLocks @_noAllocation
  private func readTimes() -> (counter: UInt32, began: UInt64) {
    var counter: UInt32 = 0
    var began: UInt64 = 0
    var next: UInt64 = 0
    var period: Float = 0
    if jack_get_cycle_times(pointee.client, &counter, &began, &next, &period) == 0 { return (counter, began) }
    return (jack_last_frame_time(pointee.client), jack_get_time())
  }

  /// - Returns: frames lost before this cycle.
  @_noLocks @_noAllocation
  private func countFrames(_ frames: UInt32, _ counter: UInt32, rebases: Bool) -> Int64 {
    let now = realtime_nanoseconds()
    let stepsBack = pointee.clock.stepsBack
    let gap: Int64
    if pointee.isResuming {
      pointee.isResuming = false
      gap = pointee.clock.resume(counter: counter, frames: frames, lost: framesWithoutServer(until: now))
    } else {
      gap = pointee.clock.cycle(counter: counter, frames: frames, rebases: rebases)
    }
    if pointee.clock.stepsBack != stepsBack { pointee.engine.countLate() }
    pointee.lastBegan = now
    pointee.lastFrames = Int64(frames)
    return gap
  }

  /// How long no server called, as the machine's own clock has it: the new server's counter knows nothing of the old.
  @_noLocks @_noAllocation
  private func framesWithoutServer(until now: Int64) -> Int64 {
    let seconds = Double(now - pointee.lastBegan) / 1e9
    return max(0, Int64(seconds * Double(pointee.rate)) - pointee.lastFrames)
  }

  @_noLocks @_noAllocation
  private func silenceOutputs(_ frames: UInt32) {
    for index in 0..<pointee.outputCount {
      if let samples = pointee.outputs[index] { realtime_zero(samples, Int(frames) * 4) }
    }
  }
}
