import CJACK
import Synchronization

/// A range of frames; JACK states latency as a range.
struct LatencyRange: Equatable {
  var least: UInt32
  var most: UInt32

  /// The range that covers both.
  func union(_ other: LatencyRange) -> LatencyRange {
    LatencyRange(least: min(least, other.least), most: max(most, other.most))
  }

  func delayed(by frames: UInt32) -> LatencyRange {
    LatencyRange(least: least &+ frames, most: most &+ frames)
  }
}

/// The delays of own output ports, and the callback by which JACK adds up latencies through this client.
///
/// Outputs that depend on an input get the inputs' capture range plus the engine's latency; inputs get the outputs'
/// playback range plus the same latency. Ports without such a path are not changed, so a graph without output
/// changes none.
final class LatencyTable: Sendable {
  private struct Ports: @unchecked Sendable {
    var inputs: [OpaquePointer] = []
    /// Outputs that depend on an input, and their delays in frames.
    var outputs: [(port: OpaquePointer, latency: UInt32)] = []
  }

  private let ports = Mutex(Ports())

  /// Thread: control.
  func set(_ state: UnsafeMutablePointer<ProcessState>, _ layout: PortLayout) {
    var ports = Ports()
    for index in layout.inputs.indices {
      if let port = state.pointee.inputPorts[index] { ports.inputs.append(port) }
    }
    for (index, plan) in layout.outputs.enumerated() {
      if let port = state.pointee.outputPorts[index], let latency = plan?.latency {
        ports.outputs.append((port, UInt32(clamping: latency)))
      }
    }
    self.ports.withLock { [ports] in $0 = ports }
  }

  /// Thread: notification, from JACK's latency callback.
  func update(_ mode: jack_latency_callback_mode_t) {
    let ports = self.ports.withLock { $0 }
    if ports.outputs.isEmpty || ports.inputs.isEmpty { return }
    if mode == JackCaptureLatency {
      let range = Self.joined(ports.inputs.map { (port: $0, latency: 0) }, mode)
      for output in ports.outputs { Self.set(output.port, mode, range.delayed(by: output.latency)) }
    } else {
      let range = Self.joined(ports.outputs, mode)
      for input in ports.inputs { Self.set(input, mode, range) }
    }
  }

  /// The range that covers the ranges of all connected ports, each with its latency; without connections, the range of
  /// the delays.
  private static func joined(
    _ ports: [(port: OpaquePointer, latency: UInt32)], _ mode: jack_latency_callback_mode_t
  ) -> LatencyRange {
    let connected = ports.filter { jack_port_connected($0.port) > 0 }
    let ranges = (connected.isEmpty ? ports : connected).map { get($0.port, mode).delayed(by: $0.latency) }
    return ranges.dropFirst().reduce(ranges[0]) { $0.union($1) }
  }

  private static func get(_ port: OpaquePointer, _ mode: jack_latency_callback_mode_t) -> LatencyRange {
    var range = jack_latency_range_t()
    jack_port_get_latency_range(port, mode, &range)
    return LatencyRange(least: range.min, most: range.max)
  }

  private static func set(_ port: OpaquePointer, _ mode: jack_latency_callback_mode_t, _ range: LatencyRange) {
    var native = jack_latency_range_t(min: range.least, max: range.most)
    jack_port_set_latency_range(port, mode, &native)
  }
}
