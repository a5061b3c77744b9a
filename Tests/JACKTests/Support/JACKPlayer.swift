import CJACK
import CRealtime
import JACKDriver
import Synchronization

/// A second client that plays samples exactly: sample n at the transport's frame n, silence before and after.
///
/// It also starts and places the transport. One output port for each channel: `out_1`, `out_2`, ...
final class JACKPlayer {
  let client: JACKClient
  let channels: Int
  private let state: UnsafeMutablePointer<PlayerState>

  /// - Parameter samples: [channel][frame].
  init(name: String = "player", server: String, samples: [[Float]]) throws {
    client = try JACKClient(name: name, server: server)
    channels = samples.count
    let frames = samples.first?.count ?? 0
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: max(1, channels * frames))
    for (channel, values) in samples.enumerated() {
      (memory + channel * frames).initialize(from: values, count: frames)
    }
    let ports = UnsafeMutablePointer<OpaquePointer>.allocate(capacity: max(1, channels))
    for channel in 0..<channels {
      (ports + channel).initialize(to: try client.register("out_\(channel + 1)", .output))
    }
    state = .allocate(capacity: 1)
    state.initialize(
      to: PlayerState(client: client.handle, ports: ports, channels: channels, samples: memory, frames: frames))
    jack_set_process_callback(client.handle, playerCallback, state)
    try client.activate()
  }

  deinit {
    close()
    state.pointee.ports.deallocate()
    state.pointee.samples.deallocate()
    state.deinitialize(count: 1)
    state.deallocate()
  }

  /// How often the transport's frame did not follow the last cycle's: samples that were not played.
  var jumps: Int { state.pointee.jumps.load(ordering: .relaxed) }

  /// Frames played so far, including the silence after the samples.
  var played: Int { state.pointee.played.load(ordering: .relaxed) }

  func startTransport() {
    jack_transport_locate(client.handle, 0)
    jack_transport_start(client.handle)
  }

  func stopTransport() { jack_transport_stop(client.handle) }

  func setFreewheel(_ isOn: Bool) { jack_set_freewheel(client.handle, isOn ? 1 : 0) }

  func setPeriod(_ frames: Int) { jack_set_buffer_size(client.handle, UInt32(frames)) }

  func close() { client.close() }
}

private struct PlayerState: ~Copyable {
  let client: OpaquePointer
  let ports: UnsafeMutablePointer<OpaquePointer>
  let channels: Int
  let samples: UnsafeMutablePointer<Float>
  let frames: Int
  var next = -1
  let jumps = Atomic<Int>(0)
  let played = Atomic<Int>(0)
}

private let playerCallback: JackProcessCallback = { frames, argument in
  play(argument!.assumingMemoryBound(to: PlayerState.self), Int(frames))
  return 0
}

@_noLocks @_noAllocation
private func play(_ state: UnsafeMutablePointer<PlayerState>, _ frames: Int) {
  var position = jack_position_t()
  let rolls = jack_transport_query(state.pointee.client, &position) == JackTransportRolling
  let begin = Int(position.frame)
  let count = rolls ? max(0, min(frames, state.pointee.frames - begin)) : 0
  if rolls {
    if state.pointee.next >= 0 && state.pointee.next != begin { state.pointee.jumps.add(1, ordering: .relaxed) }
    state.pointee.next = begin + frames
    state.pointee.played.add(frames, ordering: .relaxed)
  }
  for channel in 0..<state.pointee.channels {
    guard let buffer = jack_port_get_buffer(state.pointee.ports[channel], UInt32(frames)) else { continue }
    let output = buffer.assumingMemoryBound(to: Float.self)
    if count > 0 {
      realtime_copy(output, state.pointee.samples + channel * state.pointee.frames + begin, count * 4)
    }
    realtime_zero(output + count, (frames - count) * 4)
  }
}
