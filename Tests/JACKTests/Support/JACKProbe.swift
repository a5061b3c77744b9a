import CJACK
import JACKDriver
import Synchronization

/// An empty client that counts late cycles: these are the machine's fault, not ours.
///
/// It counts like `DriverControl.overruns`: the server had begun the next cycle.
final class JACKProbe {
  private let client: JACKClient
  private let state: UnsafeMutablePointer<ProbeState>

  init(server: String) throws {
    client = try JACKClient(name: "probe", server: server)
    state = .allocate(capacity: 1)
    state.initialize(to: ProbeState(client: client.handle))
    jack_set_process_callback(
      client.handle,
      { frames, argument in
        probe(argument!.assumingMemoryBound(to: ProbeState.self), frames)
        return 0
      }, state)
    try client.activate()
  }

  deinit {
    close()
    state.deinitialize(count: 1)
    state.deallocate()
  }

  var cycles: Int64 { state.pointee.cycles.load(ordering: .relaxed) }
  var overruns: Int64 { state.pointee.overruns.load(ordering: .relaxed) }
  var lostFrames: Int64 { state.pointee.lost.load(ordering: .relaxed) }

  func close() { client.close() }
}

private struct ProbeState: ~Copyable {
  let client: OpaquePointer
  var clock = FrameClock()
  let cycles = Atomic<Int64>(0)
  let overruns = Atomic<Int64>(0)
  let lost = Atomic<Int64>(0)

  init(client: OpaquePointer) { self.client = client }
}

@_noLocks @_noAllocation
private func probe(_ state: UnsafeMutablePointer<ProbeState>, _ frames: UInt32) {
  let counter = jack_last_frame_time(state.pointee.client)
  let lost = state.pointee.clock.cycle(counter: counter, frames: frames)
  state.pointee.cycles.add(1, ordering: .relaxed)
  state.pointee.lost.add(lost, ordering: .relaxed)
  if state.pointee.clock.isLate || jack_last_frame_time(state.pointee.client) != counter {
    state.pointee.overruns.add(1, ordering: .relaxed)
  }
}
