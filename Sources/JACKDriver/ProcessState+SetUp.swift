import CJACK
import CRealtime
import GraphEngine

/// Allocates and frees the process callback's memory. Thread: control, while the client is not active.
extension ProcessState {
  /// The state that continues from one server to the next.
  struct Continuation {
    var clock: FrameClock
    var lastBegan: Int64
    var lastFrames: Int64

    /// How long no server called, by the computer's monotonic clock, because the new server's counter is unrelated to the
    /// old one.
    @_noLocks @_noAllocation
    func framesWithoutServer(until now: Int64, rate: Int) -> Int64 {
      let seconds = Double(now - lastBegan) / 1e9
      return max(0, Int64(seconds * Double(rate)) - lastFrames)
    }
  }

  /// Makes a state without ports; set them in `inputs` and `outputs`, before or during cycles.
  ///
  /// - Parameter continuation: state of the last server, whose stream continues; nil: this is the first server.
  static func make(
    client: JACKClient, engine: Engine, control: DriverControl, origin: Origin, continuation: Continuation?
  ) -> UnsafeMutablePointer<ProcessState> {
    let state = UnsafeMutablePointer<ProcessState>.allocate(capacity: 1)
    state.initialize(
      to: ProcessState(
        client: client.handle, engine: engine.realtime, engineObject: Unmanaged.passUnretained(engine),
        share: control.share,
        rate: client.rate, inputPorts: .make(), outputPorts: .make(), inputs: buffers(),
        connected: .allocate(capacity: PortTable.capacity), outputs: buffers(),
        held: .make(), origin: origin))
    state.pointee.connected.initialize(repeating: 0, count: PortTable.capacity)
    if let continuation, control.hasBegun {
      state.pointee.clock = continuation.clock
      state.pointee.lastBegan = continuation.lastBegan
      state.pointee.lastFrames = continuation.lastFrames
      state.pointee.isResuming = true
    }
    return state
  }

  var continuation: Continuation {
    @_noLocks @_noAllocation get { Continuation(clock: clock, lastBegan: lastBegan, lastFrames: lastFrames) }
  }

  /// Frees the memory of `make`. The client must be closed, so that no callback runs.
  static func free(_ state: UnsafeMutablePointer<ProcessState>) {
    state.pointee.inputPorts.free()
    state.pointee.outputPorts.free()
    state.pointee.inputs.deallocate()
    state.pointee.connected.deallocate()
    state.pointee.outputs.deallocate()
    state.pointee.held.free()
    state.deinitialize(count: 1)
    state.deallocate()
  }

  private static func buffers<Pointer>() -> UnsafeMutablePointer<Pointer?> {
    let memory = UnsafeMutablePointer<Pointer?>.allocate(capacity: PortTable.capacity)
    memory.initialize(repeating: nil, count: PortTable.capacity)
    return memory
  }

  /// JACK's process callback.
  ///
  /// Without a deadline (freewheel) it first waits for the workers, outside the cycle that the compiler and
  /// RealtimeSanitizer check: only here JACK's thread may block.
  static let callback: JackProcessCallback = { frames, argument in
    let state = argument!.assumingMemoryBound(to: ProcessState.self)
    let share = state.pointee.share
    if share.pointee.isFreewheeling.load(ordering: .acquiring), !share.pointee.isLeaving.load(ordering: .acquiring) {
      state.pointee.engineObject._withUnsafeGuaranteedRef { $0.awaitRoom() }
    }
    realtime_enter()
    state.cycle(frames)
    realtime_exit()
    return 0
  }
}
