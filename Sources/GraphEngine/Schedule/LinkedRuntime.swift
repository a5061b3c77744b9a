import CNodeABI
import GraphCompiler

/// A node in a schedule, with the outputs that its inputs read.
struct LinkedRuntime {
  /// An output that an input reads.
  struct Feed {
    var runtime: NodeRuntime
    var output: Int
    /// Grid on which the input begins, in ticks of the stream; 0: it begins with the first token.
    var grid: Int64 = 0

    fileprivate var running: RunningNode.ReadOutput {
      RunningNode.ReadOutput(
        number: runtime.number, name: runtime.name, output: output, format: runtime.configuration.outputs[output])
    }
  }

  struct Input {
    var port: Int
    /// The output to read before the exchange; nil: none.
    var from: Feed?
    /// The output that takes over at the exchange.
    var other: Feed?
    /// Whether the exchange affects this input: `other` takes over, or, if it is nil, the input ends.
    var changesOver = false
  }

  var runtime: NodeRuntime
  var side = SwapSide.both
  var inputs: [Input]
  /// For a candidate: its queues drop what does not fit, so that the node before it never waits.
  var isLossy = false
  /// It belongs to no graph: see `Engine+Taps.swift`.
  var isTap = false

  var name: String { runtime.name }

  /// What the compiler sees of it.
  var running: RunningNode { running(hasFailed: runtime.state.hasFailed) }
  /// The same, for a draft that keeps it even if it has failed.
  var asIs: RunningNode { running(hasFailed: false) }

  private func running(hasFailed: Bool) -> RunningNode {
    RunningNode(
      number: runtime.number, instance: runtime.instance, configuration: runtime.configuration,
      placement: runtime.placement, hasFailed: hasFailed, isJoined: runtime.join != nil,
      inputs: inputs.map { RunningNode.Input(port: $0.port, from: $0.from?.running) })
  }

  /// Every runtime that it reads from.
  var sources: [NodeRuntime] { inputs.flatMap { [$0.from?.runtime, $0.other?.runtime].compactMap { $0 } } }
}

extension [LinkedRuntime] {
  /// Sorted so that every node comes after all nodes that it reads from.
  var inOrder: [LinkedRuntime] {
    let indexes = Dictionary(uniqueKeysWithValues: enumerated().map { ($1.runtime.number, $0) })
    // An old and a new node of the same name come in the order in which they were made.
    let made = indices.sorted { self[$0].runtime.number < self[$1].runtime.number }
    let places = Dictionary(uniqueKeysWithValues: made.enumerated().map { ($1, $0) })
    let sources = made.map { index in self[index].sources.map { places[indexes[$0.number]!]! } }
    return topologicalOrder(made.map { self[$0].name }, sources: sources).map { self[made[$0]] }
  }
}
