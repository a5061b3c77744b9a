import DetectorHost
import GraphEngine
import GraphText
import Models
import NodeHost

/// Runs a graph over recordings with taps after a detector and its alarms.
struct JudgedRun {
  private let graph: Graph
  private let callbacks: WorkCallbacks
  private let scores = TapStore()
  private let events = TapStore()
  private let node: String

  /// - Parameter model: path of a model to use instead of the graph's; nil: the graph's.
  init(_ graph: Graph, node: String, model: String?, callbacks: WorkCallbacks) {
    var graph = graph
    self.callbacks = callbacks
    self.node = node
    if let model, let index = graph.nodes.firstIndex(where: { $0.name == node }) {
      graph.nodes[index] = graph.nodes[index].judging(by: model)
    }
    self.graph = graph.tapped(after: node, scores: scores, events: events)
  }

  /// What counts as a false alarm in this graph.
  ///
  /// - Parameter machines: those of the model; a recording may name the machine on a graph's only channel.
  func unit(machines: [String]) -> EventUnit {
    var named = graph
    if let machine = machines.first, graph.channels == 1 { named.nameMachines([machine]) }
    return EventUnit.of(named, after: node, log: callbacks.log)
  }

  /// Passes on each recording's score tokens of each machine, and the alarms' events of that channel.
  @discardableResult
  func run(
    _ recordings: [Recording], share: ClosedRange<Double> = 0...1, what: String,
    judged: (_ index: Int, Recording, [TapToken], _ machine: String, _ events: [TapToken]) throws -> Void
  ) throws -> TapRun.Figures {
    guard let first = recordings.first else { return TapRun.Figures() }
    var named = graph
    if let machine = first.machine, graph.channels == 1 { named.nameMachines([machine]) }
    let names = MachineNames(
      graph: try Engine(graph: named).input(of: node, rate: try AudioFileRate.of(first)).machines)
    try names.check(recordings)
    return try TapRun(callbacks: callbacks, share: share, what: what).run(graph, recordings) { index, recording in
      let tokens = scores.take()
      let heard = events.take()
      for channel in names.graph.indices {
        guard let machine = names.name(recording, channel: channel) else { continue }
        // A long recording has many tokens: no copy where all are of one channel.
        let own = names.graph.count == 1 ? tokens : tokens.filter { $0.channel == channel }
        try judged(index, recording, own, machine, heard.filter { $0.channel == channel })
      }
    }
  }
}
