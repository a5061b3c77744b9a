import GraphEngine
import GraphText
import Synchronization

/// One client's subscription: its queue, and the taps that fill it.
final class Subscription: Sendable {
  enum Stage: Sendable, Equatable {
    /// The control thread has not seen it yet.
    case new
    /// No tap yet, for this reason. It is tried again.
    case waiting(String)
    case open
    /// It can't be. It is over.
    case refused(String)
  }

  private struct State {
    var stage = Stage.new
    var fetched = ContinuousClock.now
    var hasEnded = false
  }

  /// An output of the graph, by names and indexes.
  private struct Stream: Hashable {
    var node: String
    var port: String
    var output: Int
  }

  let id: Int
  let request: StreamRequest
  let queue: StreamQueue
  private let state = Mutex(State())
  // Of the control thread.
  private let taps = Mutex<[Stream: (tap: Int32, target: StreamTarget)]>([:])
  private let made = Mutex(0)

  init(_ id: Int, _ request: StreamRequest) {
    self.id = id
    self.request = request
    queue = StreamQueue(machine: request.machine, most: request.most)
  }

  var stage: Stage { state.withLock { $0.stage } }
  /// Its client has ended it, or does not fetch any more.
  func isOver(after limit: Duration) -> Bool {
    state.withLock { $0.hasEnded || ContinuousClock.now - $0.fetched > limit }
  }
  func end() { state.withLock { $0.hasEnded = true } }

  func fetch() -> StreamQueue.Answer {
    state.withLock { $0.fetched = .now }
    return queue.take()
  }

  // MARK: The control thread

  /// Adds missing taps, and removes those whose output the graph no longer has.
  func look(_ engine: Engine) {
    taps.withLock { taps in
      let problem: String?
      let streams: [Stream]
      switch wanted(in: engine.graph) {
      case .success(let found): (streams, problem) = (found, nil)
      case .failure(let missing): (streams, problem) = ([], missing.text)
      }
      for (stream, entry) in taps where !streams.contains(stream) || !engine.hasTap(entry.tap) {
        engine.removeTap(entry.tap)
        taps[stream] = nil
      }
      var stage = problem.map { Stage.waiting($0) } ?? .open
      // A name that never was is a mistake; one that was may come back.
      if let problem, self.stage == .new { stage = .refused(problem) }
      for stream in streams where taps[stream] == nil {
        do throws(Engine.TapProblem) {
          taps[stream] = try add(stream, engine)
        } catch {
          stage = error.stage
        }
      }
      state.withLock { $0.stage = stage }
    }
  }

  /// Removes its taps.
  func close(_ engine: Engine) {
    taps.withLock { taps in
      for entry in taps.values { engine.removeTap(entry.tap) }
      taps = [:]
    }
  }

  private func add(_ stream: Stream, _ engine: Engine) throws(Engine.TapProblem) -> (Int32, StreamTarget) {
    let number = made.withLock { made in
      made += 1
      return made
    }
    // A space, so that it differs from the name of any node.
    let name = "subscription \(id).\(number)"
    let target = StreamTarget(queue, stream: number, port: stream.port, name: name)
    let sink = Graph.Node(
      name: name, nodeClass: StreamTap.nodeClass,
      arguments: [Graph.Argument(name: "target", value: .text(name), location: nil)], placement: .worker, location: nil)
    return (try engine.addTap(sink, after: stream.node, output: stream.output), target)
  }

  private struct Missing: Error { var text: String }

  private func wanted(in graph: Graph) -> Result<[Stream], Missing> {
    guard let name = request.node else {
      return .success(
        graph.nodes.flatMap { node in
          node.nodeClass.outputs.indices.filter {
            !node.nodeClass.outputs[$0].kinds.isDisjoint(with: [.score, .event])
          }
          .map { Stream(node: node.name, port: node.nodeClass.outputs[$0].name, output: $0) }
        })
    }
    guard let node = graph.nodes.first(where: { $0.name == name }) else {
      return .failure(Missing(text: "the graph has no node '\(name)'" + hint(name, graph.nodes.map(\.name))))
    }
    let ports = node.nodeClass.outputs
    guard !ports.isEmpty else { return .failure(Missing(text: "node '\(name)' has no output: it is a sink")) }
    guard let port = request.port else { return .success([Stream(node: name, port: ports[0].name, output: 0)]) }
    guard let index = ports.firstIndex(where: { $0.name == port }) else {
      return .failure(
        Missing(
          text: "node '\(name)' has no output '\(port)'; it has "
            + ports.map { "'\($0.name)'" }.joined(separator: ", ")))
    }
    return .success([Stream(node: name, port: port, output: index)])
  }

  private func hint(_ name: String, _ names: [String]) -> String {
    nearest(name, among: names).map { "; did you mean '\($0)'?" } ?? ""
  }
}

extension Engine.TapProblem {
  fileprivate var stage: Subscription.Stage {
    switch self {
    case .busy: .waiting("the graph is being changed, or a node is busy")
    case .refused(let reason): .refused(reason)
    }
  }
}
