import CNodeABI
import GraphCompiler

/// A node in a schedule, and where its inputs come from.
struct LinkedRuntime {
  /// An output that an input reads.
  struct Feed {
    var runtime: NodeRuntime
    var output: Int
    /// The input begins on this grid, in ticks of the stream; 0: with what comes first.
    var grid: Int64 = 0

    fileprivate var running: RunningNode.Feed {
      RunningNode.Feed(
        number: runtime.number, name: runtime.name, output: output, format: runtime.configuration.outputs[output])
    }
  }

  struct Input {
    var port: Int
    /// nil: nothing before the exchange.
    var from: Feed?
    /// What takes over at the exchange.
    var other: Feed?
    /// Whether the exchange means anything to this input: `other` takes over, or, without one, the input ends.
    var changesOver = false
  }

  var runtime: NodeRuntime
  var side = SwapSide.both
  var inputs: [Input]
  /// Its queues drop what does not fit, rather than hold up the node before it: a candidate.
  var isLossy = false

  var name: String { runtime.name }

  /// What the compiler sees of it.
  var running: RunningNode {
    RunningNode(
      number: runtime.number, instance: runtime.instance, configuration: runtime.configuration,
      placement: runtime.placement, hasFailed: runtime.state.hasFailed, isJoined: runtime.join != nil,
      inputs: inputs.map { RunningNode.Input(port: $0.port, from: $0.from?.running) })
  }

  /// Every runtime that it reads from.
  var sources: [NodeRuntime] { inputs.flatMap { [$0.from?.runtime, $0.other?.runtime].compactMap { $0 } } }
}

extension [LinkedRuntime] {
  /// Every node after all that it reads from.
  var inOrder: [LinkedRuntime] {
    let indexes = Dictionary(uniqueKeysWithValues: enumerated().map { ($1.runtime.number, $0) })
    // Two nodes of one name, an old and a new one, stand in the order in which they were made.
    let made = indices.sorted { self[$0].runtime.number < self[$1].runtime.number }
    let places = Dictionary(uniqueKeysWithValues: made.enumerated().map { ($1, $0) })
    let sources = made.map { index in self[index].sources.map { places[indexes[$0.number]!]! } }
    return topologicalOrder(made.map { self[$0].name }, sources: sources).map { self[made[$0]] }
  }
}
