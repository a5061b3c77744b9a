import JSONText
import NIOCore

/// What the server knows of the runs, and who listens to it. Thread: the event loop's, except `post`.
final class Board: @unchecked Sendable {
  /// Scores and other records that are kept of each run, for pages that have just opened.
  static let scoreLimit = 2000
  static let eventLimit = 200

  struct Run {
    var pid: Int32?
    /// False: it is there, and does not answer. What is known of it is old.
    var isAnswering = true
    /// The answers of `status` and `graph`; nil: none yet.
    var status: JSONValue?
    var graph: JSONValue?
    var scores: [JSONValue] = []
    /// Alarms, deafness, gaps.
    var events: [JSONValue] = []

    /// The parameter `path` of all nodes of a class, as absolute paths; empty: there is none, or the graph is not
    /// known yet.
    func outputs(of className: String) -> [String] {
      (graph?["nodes"]?.array ?? []).filter { $0["class"]?.text == className }.compactMap { node in
        let path = node["parameters"]?.array?.first { $0["name"] == "path" }?["value"]?.text
        guard let path, !path.hasPrefix("/"), let folder = graph?["folder"]?.text else { return path }
        return folder + "/" + path
      }
    }
  }

  let loop: any EventLoop
  var connections = 0
  private(set) var runs: [String: Run] = [:]
  let listeners = EventListeners()
  let streams: Streams

  init(_ loop: any EventLoop) {
    self.loop = loop
    streams = Streams(listeners)
    loop.scheduleRepeatedTask(initialDelay: .seconds(10), delay: .seconds(10)) { [weak self] _ in
      self?.listeners.beat()
    }
  }

  /// Changes it from another thread.
  func post(_ body: @escaping @Sendable (Board) -> Void) { loop.execute { [self] in body(self) } }

  // MARK: Runs

  var sortedRuns: [(key: String, value: Run)] { runs.sorted { $0.key < $1.key } }

  /// It has begun, or answers again.
  func begin(_ name: String, pid: Int32?) {
    runs[name]?.isAnswering = true
    guard runs[name] == nil else { return }
    runs[name] = Run(pid: pid)
    tell("run", ["run": .text(name), "state": "begun"], of: name)
  }

  func setSilent(_ name: String) { runs[name]?.isAnswering = false }

  func end(_ name: String) {
    guard runs.removeValue(forKey: name) != nil else { return }
    tell("run", ["run": .text(name), "state": "ended"], of: name)
  }

  func set(status: JSONValue, of name: String) { runs[name]?.status = status }

  func set(graph: JSONValue, of name: String) {
    runs[name]?.graph = graph
    tell("graph", ["run": .text(name), "generation": graph["generation"] ?? .null], of: name)
  }

  func add(_ records: [JSONValue], of name: String) {
    guard runs[name] != nil else { return }
    for record in records {
      guard let kind = record["kind"]?.text, kind != "format" else { continue }
      if kind == "score" { runs[name]!.scores.append(record) } else { runs[name]!.events.append(record) }
      tell("record", ["run": .text(name), "record": record], of: name)
    }
    trim(&runs[name]!.scores, Self.scoreLimit)
    trim(&runs[name]!.events, Self.eventLimit)
  }

  private func trim(_ list: inout [JSONValue], _ most: Int) {
    if list.count > most + most / 4 { list.removeFirst(list.count - most) }
  }

  // MARK: Listeners

  /// A connection is over.
  func remove(_ channel: any Channel) { streams.leave(listeners.remove(channel)) }

  private func tell(_ event: String, _ value: JSONValue, of run: String) {
    guard !listeners.isEmpty else { return }
    listeners.send(EventListeners.event(event, value)) { $0 == .records(run: nil) || $0 == .records(run: run) }
  }
}
