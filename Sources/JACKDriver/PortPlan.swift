import GraphEngine

/// One own port: a channel that a graph requests from the driver.
package struct PortPlan: Equatable, Sendable {
  package enum Direction: Sendable { case input, output }

  package var direction: Direction
  /// JACK's short name: `<node>` for one channel, `<node>_<n>`, n from 1, for several.
  package var name: String
  package var node: String
  /// Channel of the node, from 0.
  package var channel: Int
  /// The machine of the channel: JACK's pretty name. Nil: outputs have none.
  package var machine: String?
  /// `connect` texts of this channel.
  package var patterns: [String]
  /// Whether the node's channels share the texts: each match goes to the next channel.
  package var sharesMatches: Bool
  /// Outputs: frames from an input to this port; nil: the output depends on no input.
  package var latency: Int64?

  package init(
    _ direction: Direction, node: String, channel: Int, of channels: Int, connect: [String], machine: String? = nil,
    latency: Int64? = nil
  ) {
    let hasTextForEach = connect.count == channels
    self.direction = direction
    self.node = node
    self.channel = channel
    self.machine = machine
    self.latency = latency
    name = channels == 1 ? node : "\(node)_\(channel + 1)"
    patterns = hasTextForEach ? [connect[channel]] : connect
    sharesMatches = !hasTextForEach
  }
}

extension PortPlan {
  /// The same channel of the same node: its port stays, even if other properties change.
  package func isSamePort(as other: PortPlan) -> Bool {
    direction == other.direction && node == other.node && channel == other.channel
  }
}

/// The ports that a graph needs, by the engine's channel index; nil if a channel is free.
struct PortLayout: Equatable {
  var inputs: [PortPlan?] = []
  var outputs: [PortPlan?] = []

  init() {}

  /// The engine must be prepared.
  init(_ engine: Engine) {
    inputs = engine.inputChannels.map { port in
      port.map {
        PortPlan(.input, node: $0.node, channel: $0.channel, of: $0.channels, connect: $0.connect, machine: $0.machine)
      }
    }
    outputs = engine.outputChannels.map { port in
      port.map {
        PortPlan(.output, node: $0.node, channel: $0.channel, of: $0.channels, connect: $0.connect, latency: $0.latency)
      }
    }
  }

  /// Inputs first.
  var plans: [PortPlan] { indexed.map(\.plan) }

  /// With the channels' indexes.
  var indexed: [(index: Int, plan: PortPlan)] {
    [inputs, outputs].flatMap { list in list.enumerated().compactMap { index, plan in plan.map { (index, $0) } } }
  }
}
