import GraphEngine
import GraphText

/// The quarantined nodes of a live run. A new instance of each is tried, ever more seldom while it keeps failing. Each
/// step is told, and recorded as a notice of kind `quarantine`.
///
/// Thread: control. Call `look` in every polling round, before the changes continue.
public final class Quarantine {
  private struct Entry {
    var isOut = true
    var reason: String
    var delay = ReturnDelay()
    /// When a new instance is tried.
    var next: ContinuousClock.Instant?
    var staysOut: String?
    /// The change that tries a new instance.
    var change: Int?
  }

  private let changes: ChangeRunner
  private let engine: Engine
  private let tell: (LiveEvent) -> Void
  private var entries: [String: Entry] = [:]

  public init(_ changes: ChangeRunner, _ engine: Engine, tell: @escaping (LiveEvent) -> Void) {
    self.changes = changes
    self.engine = engine
    self.tell = tell
  }

  /// By name.
  public var states: [QuarantineState] {
    let now = changes.now()
    return entries.sorted { $0.key < $1.key }.map { name, entry in
      QuarantineState(
        node: name, isOut: entry.isOut, reason: entry.reason, failures: entry.delay.failures,
        seconds: entry.next.map { max(0, (now.duration(to: $0)) / .seconds(1)) }, staysOut: entry.staysOut)
    }
  }

  public func look() {
    // During a swap, two nodes may have one name.
    guard !engine.isSwapping else { return }
    let failed = Set(engine.quarantinedNodes)
    let present = Set(engine.graph.nodes.map(\.name))
    for name in entries.keys where !present.contains(name) { entries[name] = nil }
    for name in failed.sorted() where !(entries[name]?.isOut ?? false) { noteFailure(name) }
    for name in entries.keys.sorted() where entries[name]!.isOut {
      if failed.contains(name) { tryAgain(name) } else { noteReturn(name) }
    }
  }

  // MARK: Steps

  /// - Parameter change: the change that has tried a new instance in vain.
  private func noteFailure(_ name: String, _ change: ChangeRecord? = nil) {
    let now = changes.now()
    var entry = entries[name] ?? Entry(reason: "")
    entry.isOut = true
    let problem = change?.diagnostics.first { $0.severity == .error }?.message ?? change?.problem?.description
    entry.reason = (change?.state == .failed ? problem : nil) ?? engine.failure(of: name) ?? "failed and gave no reason"
    entry.change = nil
    entry.next = entry.delay.noteFailure(now)
    entry.staysOut = obstacle(name) ?? (entry.next == nil ? ReturnDelay.tooOften : nil)
    if entry.staysOut != nil { entry.next = nil }
    entries[name] = entry
    record(name, entry)
  }

  private func noteReturn(_ name: String) {
    entries[name]!.isOut = false
    entries[name]!.next = nil
    entries[name]!.staysOut = nil
    entries[name]!.change = nil
    entries[name]!.delay.noteReturn(changes.now())
    engine.note(Notice("quarantine", state: "back", node: name))
    tell(.nodeIsBack(name))
  }

  /// Requests a new instance when it is due, and counts one that failed before it took over.
  private func tryAgain(_ name: String) {
    if let id = entries[name]!.change {
      let result = changes.queue.record(id)
      if result?.state == .waiting || result?.state == .warming { return }
      return noteFailure(name, result)
    }
    guard let next = entries[name]!.next, changes.now() >= next, changes.isFree else { return }
    // Another node may have failed since.
    if let obstacle = obstacle(name) {
      (entries[name]!.staysOut, entries[name]!.next) = (obstacle, nil)
      return record(name, entries[name]!)
    }
    var request = ChangeRequest(.swap)
    request.node = name
    request.isReturn = true
    // If it is refused, it is tried again in the next round.
    entries[name]!.change = try? changes.queue.submit(request)
  }

  private func record(_ name: String, _ entry: Entry) {
    let seconds = entry.delay.delay / .seconds(1)
    engine.note(
      Notice(
        "quarantine", state: entry.staysOut == nil ? "out" : "stays_out", node: name,
        details: [
          Notice.Detail("reason", entry.reason), Notice.Detail("failures", "\(entry.delay.failures)"),
          entry.staysOut.map { Notice.Detail("stays_out", $0) } ?? Notice.Detail("next_seconds", "\(Int(seconds))"),
        ]))
    tell(.nodeIsOut(name, seconds: entry.staysOut == nil ? seconds : nil, staysOut: entry.staysOut))
  }

  // MARK: Which nodes

  /// Why no new instance of a node may take over by itself; nil: it may. The nodes after it are renewed with it, as in a
  /// swap, and so are nodes that have failed and that these need.
  private func obstacle(_ name: String) -> String? {
    let nodes = engine.graph.nodes
    guard let index = nodes.firstIndex(where: { $0.name == name }) else { return nil }
    let failed = Set(engine.quarantinedNodes).intersection(engine.graph.renewed(with: name))
    let renewed =
      nodes.indices(after: index, engine.graph.links) + nodes.indices.filter { failed.contains(nodes[$0].name) }
    guard let learner = renewed.first(where: { nodes[$0].learnsLive }) else { return nil }
    return (learner == index ? "it" : "'\(nodes[learner].name)', which a return renews,")
      + " has learned what is normal from the running sound, and would learn what it hears now"
  }
}

extension Graph.Node {
  /// A detector that learns from the running sound instead of a model.
  fileprivate var learnsLive: Bool {
    nodeClass.traits.contains(.detector) && nodeClass.parameter("learn") != nil && argument("model")?.value == nil
  }
}

extension [Graph.Node] {
  /// A node and all that its output leads to.
  fileprivate func indices(after node: Int, _ links: [Graph.Link]) -> [Int] {
    var found = [node]
    var place = 0
    while place < found.count {
      found += Set(links.filter { $0.from.node == found[place] }.map(\.to.node)).subtracting(found).sorted()
      place += 1
    }
    return found
  }
}
