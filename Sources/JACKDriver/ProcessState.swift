import CJACK
import CNodeABI
import CRealtime
import GraphEngine

/// All state of the process callback, in one piece of memory. `ProcessState+SetUp.swift` allocates and frees it.
///
/// All code here is realtime code and marked: the compiler proves that nothing allocates or locks. CJACK's shim.h says what
/// JACK's functions guarantee.
struct ProcessState {
  /// Which cycle has frame position 0.
  enum Origin {
    case firstCycle
    /// The first cycle in which JACK's transport rolls; earlier cycles are not processed.
    case transport
  }

  let client: OpaquePointer
  let engine: RealtimeEngine
  /// Waits until the engine's queues have room, for cycles without a deadline. Not marked, so never called in the cycle.
  let engineObject: Unmanaged<Engine>
  let share: UnsafeMutablePointer<DriverShare>
  let rate: Int
  let inputPorts: PortTable
  let outputPorts: PortTable
  /// This cycle's samples, by the engine's channel index; nil: there is no port.
  let inputs: UnsafeMutablePointer<UnsafePointer<Float>?>
  /// Whether the port is connected, by the engine's channel index.
  let connected: UnsafeMutablePointer<UInt8>
  let outputs: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
  /// Input channels of this cycle, including free ones, and whether there are outputs.
  var inputCount = 0
  var hasOutputs = false

  var clock = FrameClock()
  /// The last cycle, until it is known whether frames were lost before it.
  var held: HeldCycle
  var origin: Origin
  /// The next cycle is the first with a new server.
  var isResuming = false
  /// Why the frames before the next cycle are lost: AUSCULT_GAP_*.
  var gapCause = AUSCULT_GAP_XRUN
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
    // Ordered with changes of the tables: after two more cycles, no cycle uses a removed port.
    pointee.share.pointee.cycles.add(1, ordering: .sequentiallyConsistent)
    // Read before the buffers: after leaving has begun, a buffer may belong to a port that is being removed.
    let isLeaving = pointee.share.pointee.isLeaving.load(ordering: .sequentiallyConsistent)
    collectBuffers(frames)
    if !isLeaving && hasOrigin() { run(frames) }
  }

  /// Gets the buffers in every cycle, because JACK may move them. Clears the output buffers.
  @_noLocks @_noAllocation
  private func collectBuffers(_ frames: UInt32) {
    pointee.inputCount = pointee.inputPorts.count
    for index in 0..<pointee.inputCount {
      pointee.inputs[index] = nil
      pointee.connected[index] = 0
      guard let port = pointee.inputPorts[index], let buffer = jack_port_get_buffer(port, frames) else { continue }
      let samples = UnsafePointer(buffer.assumingMemoryBound(to: Float.self))
      pointee.inputs[index] = samples
      // The control thread learns of a new connection some milliseconds after its first sound.
      pointee.connected[index] = pointee.inputPorts.isConnected(index) || isSounding(samples, frames) ? 1 : 0
    }
    pointee.hasOutputs = false
    for index in 0..<pointee.outputPorts.count {
      pointee.outputs[index] = nil
      guard let port = pointee.outputPorts[index], let buffer = jack_port_get_buffer(port, frames) else { continue }
      realtime_zero(buffer, Int(frames) * 4)
      pointee.outputs[index] = buffer.assumingMemoryBound(to: Float.self)
      pointee.hasOutputs = true
    }
  }

  /// Whether any sample is not digital silence.
  @_noLocks @_noAllocation
  private func isSounding(_ samples: UnsafePointer<Float>, _ frames: UInt32) -> Bool {
    for index in 0..<Int(frames) where samples[index] != 0 { return true }
    return false
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
    let cause = pointee.gapCause
    pointee.gapCause = AUSCULT_GAP_XRUN
    let rest = runHeld(gapBefore: gap) ? 0 : gap
    // Not in a graph that gives samples to JACK, because these are due in this cycle.
    if pointee.clock.isAhead && !pointee.hasOutputs && pointee.held.canHold(Int(frames)) {
      pointee.held.hold(
        pointee.inputs, connected: pointee.connected, channels: pointee.inputCount, frames: Int(frames))
    } else {
      pointee.engine.cycle(
        DriverCycle(
          frames: Int(frames), gapBefore: rest, gapCause: cause, hasNoDeadline: isFreewheeling,
          inputs: UnsafePointer(pointee.inputs), connected: UnsafePointer(pointee.connected),
          outputs: UnsafePointer(pointee.outputs)))
    }
    if !isFreewheeling && (pointee.clock.isLate || jack_last_frame_time(pointee.client) != times.counter) {
      pointee.share.pointee.overruns.add(1, ordering: .relaxed)
    }
  }

  /// Runs the held cycle, after the gap that is known by now. Also called when no more cycles come.
  ///
  /// - Returns: whether there was a held cycle.
  @_noLocks @_noAllocation
  @discardableResult
  func runHeld(gapBefore gap: Int64 = 0) -> Bool {
    let frames = pointee.held.frames
    if frames == 0 { return false }
    pointee.held.clear()
    pointee.engine.cycle(
      DriverCycle(
        frames: frames, gapBefore: gap, inputs: UnsafePointer(pointee.held.inputs),
        connected: UnsafePointer(pointee.held.connected)))
    return true
  }

  /// The server's counter, and JACK's time at the begin of this cycle. One call reads both, so that they belong together,
  /// and early, before the server continues.
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
      pointee.gapCause = AUSCULT_GAP_SERVER
      gap = pointee.clock.resume(
        counter: counter, frames: frames, lost: pointee.continuation.framesWithoutServer(until: now, rate: pointee.rate)
      )
    } else {
      gap = pointee.clock.cycle(counter: counter, frames: frames, rebases: rebases)
    }
    if pointee.clock.stepsBack != stepsBack { pointee.engine.countLate() }
    pointee.lastBegan = now
    pointee.lastFrames = Int64(frames)
    return gap
  }
}
