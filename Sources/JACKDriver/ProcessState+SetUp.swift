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

  /// - Parameters:
  ///   - inputs, outputs: registered ports, in the engine's order.
  ///   - continuation: of the last server, whose stream this one goes on with; nil: the first.
  static func make(
    client: JACKClient, engine: Engine, control: DriverControl, origin: Origin, inputs: [OpaquePointer],
    outputs: [OpaquePointer], continuation: Continuation?
  ) -> UnsafeMutablePointer<ProcessState> {
    let state = UnsafeMutablePointer<ProcessState>.allocate(capacity: 1)
    state.initialize(
      to: ProcessState(
        client: client.handle, engine: engine.realtime, room: Unmanaged.passUnretained(engine), share: control.share,
        rate: client.rate, inputCount: inputs.count, outputCount: outputs.count, inputPorts: copy(inputs),
        outputPorts: copy(outputs), inputs: copy(inputs.map { _ in nil }), outputs: copy(outputs.map { _ in nil }),
        held: .make(inputCount: inputs.count, isAllowed: outputs.isEmpty), origin: origin))
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
    state.pointee.inputPorts.deallocate()
    state.pointee.outputPorts.deallocate()
    state.pointee.inputs.deallocate()
    state.pointee.outputs.deallocate()
    state.pointee.held.free()
    state.deinitialize(count: 1)
    state.deallocate()
  }

  private static func copy<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
    memory.initialize(from: elements, count: elements.count)
    return memory
  }

  /// JACK's process callback.
  ///
  /// Without a deadline (freewheel) it first waits for the workers, outside the cycle that the compiler and
  /// RealtimeSanitizer watch: that is the one place where JACK's thread may block.
  static let callback: JackProcessCallback = { frames, argument in
    let state = argument!.assumingMemoryBound(to: ProcessState.self)
    if state.pointee.share.pointee.isFreewheeling.load(ordering: .acquiring) {
      state.pointee.room._withUnsafeGuaranteedRef { $0.awaitRoom() }
    }
    realtime_enter()
    state.cycle(frames)
    realtime_exit()
    return 0
  }
}
