import CNodeABI
import GraphText

/// Why a node runs on its thread.
package enum PlacementReason: Sendable, Equatable {
  case driver
  case asked
  case mayBlock
  /// The graph gives it a process of its own.
  case isolated
  case joinsIrregularly
  case afterWorker
  /// It takes too much of the period.
  case heavy
  /// It takes too much of the period, but a node after it must run on the realtime thread.
  case heavyBeforeDriver
  case fits
  /// Its class allows the realtime thread, and its cost is not known.
  case notMeasured

  /// For `check`.
  package var words: String {
    switch self {
    case .driver: "samples of the driver"
    case .asked: "the graph says so"
    case .mayBlock: "may block"
    case .isolated: "a process of its own"
    case .joinsIrregularly: "joins irregular positions"
    case .afterWorker: "after a worker"
    case .heavy: "over a quarter of the period"
    case .heavyBeforeDriver: "over a quarter, but feeds the driver"
    case .fits: "fits"
    case .notMeasured: "never blocks"
    }
  }
}

extension Compiler {
  /// Realtime if the class is hard, every node before it is realtime, its worst call fits, and the file does not say
  /// otherwise. Results do not depend on it.
  static func place(_ draft: inout ScheduleDraft, node index: Int) {
    if joinsIrregularly(draft, node: index) { draft.irregularJoins.insert(index) }
    draft.loads[index] = draft.options.costs?.load(of: draft.graph.nodes[index], rate: draft.rate)
    let (place, reason) = choice(draft, node: index)
    draft.placement[index] = place
    draft.placementReasons[index] = reason
  }

  private static func choice(
    _ draft: ScheduleDraft, node index: Int
  ) -> (ScheduleDraft.Placement, PlacementReason) {
    let node = draft.graph.nodes[index]
    if node.nodeClass.isIsolated { return (.worker, .isolated) }
    if !node.nodeClass.isHard { return (.worker, .mayBlock) }
    if node.placement == .worker { return (.worker, .asked) }
    if draft.irregularJoins.contains(index) { return (.worker, .joinsIrregularly) }
    if !draft.incoming[index].allSatisfy({ draft.placement[$0.from] == .realtime }) { return (.worker, .afterWorker) }
    if node.placement == .realtime { return (.realtime, .asked) }
    if draft.incoming[index].isEmpty { return (.realtime, .driver) }
    guard let load = draft.loads[index] else { return (.realtime, .notMeasured) }
    if load.fits { return (.realtime, .fits) }
    return mustBeRealtime(draft, from: index) ? (.realtime, .heavyBeforeDriver) : (.worker, .heavy)
  }

  /// Whether a node, or one that gets its results, can't run on a worker.
  private static func mustBeRealtime(_ draft: ScheduleDraft, from index: Int) -> Bool {
    var seen: Set<Int> = []
    var waiting = [index]
    while let next = waiting.popLast() {
      guard seen.insert(next).inserted else { continue }
      let node = draft.graph.nodes[next]
      if node.placement == .realtime || node.nodeClass.isHard && node.nodeClass.traits.contains(.sink) { return true }
      if node.placement == .worker || !node.nodeClass.isHard { continue }
      waiting += draft.graph.links.filter { $0.from.node == next }.map(\.to.node)
    }
    return false
  }

  /// Warns of nodes that the graph keeps on the realtime thread although they take too much of the period.
  static func warnOfLoads(_ draft: inout ScheduleDraft) {
    for index in draft.order {
      guard draft.placement[index] == .realtime, let load = draft.loads[index], !load.fits else { continue }
      let node = draft.graph.nodes[index]
      let percent = Int((100 * load.share).rounded())
      let why =
        node.placement == .realtime
        ? "the graph asks for it; leave out `thread: realtime`, and it runs on a worker"
        : "a node after it passes samples to the driver"
      draft.diagnostics.append(
        draft.graph.diagnostic(
          .warning, code: "heavy",
          message: "node '\(node.name)' takes up to \(percent) % of a period on the realtime thread: \(why)",
          at: node.location))
    }
  }

  /// Whether a node joins tokens with irregular positions.
  private static func joinsIrregularly(_ draft: ScheduleDraft, node index: Int) -> Bool {
    let links = draft.incoming[index]
    let inputs = draft.graph.nodes[index].nodeClass.inputs
    return links.count > 1 && !links.contains { inputs[$0.input].flags.contains(.independent) }
      && links.contains { draft.format($0)!.format.stamp == AUSCULT_STAMP_NODE }
  }
}
