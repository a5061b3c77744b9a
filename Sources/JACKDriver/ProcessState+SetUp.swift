import CJACK
import CRealtime
import GraphEngine

/// Makes and frees the process callback's memory. Thread: control, while the client is not active.
extension ProcessState {
  /// What goes on from one server to the next.
  struct Continuation {
    var clock: FrameClock
    var lastBegan: Int64
    var lastFrames: Int64
  }

  /// Without any port: those are set in `inputs` and `outputs`, then or while cycles run.
  ///
  /// - Parameter continuation: of the last server, whose stream this one goes on with; nil: the first.
  static func make(
    client: JACKClient, engine: Engine, control: DriverControl, origin: Origin, continuation: Continuation?
  ) -> UnsafeMutablePointer<ProcessState> {
    let state = UnsafeMutablePointer<ProcessState>.allocate(capacity: 1)
    state.initialize(
      to: ProcessState(
        client: client.handle, engine: engine.realtime, room: Unmanaged.passUnretained(engine), share: control.share,
        rate: client.rate, inputPorts: .make(), outputPorts: .make(), inputs: buffers(), outputs: buffers(),
        held: .make(), origin: origin))
    if let continuation, control.hasBegun {
      state.pointee.clock = continuation.clock
      state.pointee.lastBegan = continuation.lastBegan
      state.pointee.lastFrames = continuation.lastFrames
      state.pointee.isResuming = true
    }
    return state
  }

  var continuation: Continuation { Continuation(clock: clock, lastBegan: lastBegan, lastFrames: lastFrames) }

  /// Frees what `make` gave. The client is closed, so that no callback runs any more.
  static func free(_ state: UnsafeMutablePointer<ProcessState>) {
    state.pointee.inputPorts.free()
    state.pointee.outputPorts.free()
    state.pointee.inputs.deallocate()
    state.pointee.outputs.deallocate()
    state.pointee.held.free()
    state.deinitialize(count: 1)
    state.deallocate()
  }

  private static func buffers<Pointer>() -> UnsafeMutablePointer<Pointer?> {
    let memory = UnsafeMutablePointer<Pointer?>.allocate(capacity: PortTable.room)
    memory.initialize(repeating: nil, count: PortTable.room)
    return memory
  }

  /// JACK's process callback.
  ///
  /// Without a deadline (freewheel) it first waits for the workers, outside the cycle that the compiler and
  /// RealtimeSanitizer watch: that is the one place where JACK's thread may block.
  static let callback: JackProcessCallback = { frames, argument in
    let state = argument!.assumingMemoryBound(to: ProcessState.self)
    let share = state.pointee.share
    if share.pointee.isFreewheeling.load(ordering: .acquiring), !share.pointee.isLeaving.load(ordering: .acquiring) {
      state.pointee.room._withUnsafeGuaranteedRef { $0.awaitRoom() }
    }
    realtime_enter()
    state.cycle(frames)
    realtime_exit()
    return 0
  }
}
