import JSONText
import NIOCore
import NIOHTTP1

/// What the server knows of the runs, and who listens to it. Thread: the event loop's, except `post`.
final class Board: @unchecked Sendable {
  /// Scores and other records that are kept of each run, for pages that have just opened.
  static let scoreLimit = 2000
  static let eventLimit = 200
  private static let listenerLimit = 64

  struct Run {
    var pid: Int32?
    /// The answer of `status`; nil: none yet.
    var status: JSONValue?
    var scores: [JSONValue] = []
    /// Alarms, deafness, gaps.
    var events: [JSONValue] = []
  }

  private struct Listener {
    var channel: any Channel
    /// Nil: all runs.
    var run: String?
    /// It could not take the last events.
    var isLate = false
  }

  let loop: any EventLoop
  var connections = 0
  /// Requests to runs that are under way.
  var actions = 0
  private(set) var runs: [String: Run] = [:]
  private var listeners: [ObjectIdentifier: Listener] = [:]

  init(_ loop: any EventLoop) {
    self.loop = loop
    loop.scheduleRepeatedTask(initialDelay: .seconds(10), delay: .seconds(10)) { [weak self] _ in self?.beat() }
  }

  /// Changes it from another thread.
  func post(_ body: @escaping @Sendable (Board) -> Void) { loop.execute { [self] in body(self) } }

  // MARK: Runs

  func begin(_ name: String, pid: Int32?) {
    runs[name] = Run(pid: pid)
    tell("run", ["run": .text(name), "state": "begun"], of: name)
  }

  func end(_ name: String) {
    runs[name] = nil
    tell("run", ["run": .text(name), "state": "ended"], of: name)
  }

  func set(status: JSONValue, of name: String) { runs[name]?.status = status }

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

  func add(_ channel: any Channel, run: String?) -> Bool {
    guard listeners.count < Self.listenerLimit else { return false }
    listeners[ObjectIdentifier(channel)] = Listener(channel: channel, run: run)
    return true
  }

  func remove(_ channel: any Channel) { listeners[ObjectIdentifier(channel)] = nil }

  private func tell(_ event: String, _ value: JSONValue, of run: String) {
    guard !listeners.isEmpty else { return }
    send(Array("event: \(event)\ndata: ".utf8) + value.json + Array("\n\n".utf8)) { $0 == nil || $0 == run }
  }

  private func send(_ bytes: [UInt8], to isMeant: (String?) -> Bool) {
    let buffer = ByteBuffer(bytes: bytes)
    for (id, listener) in listeners where isMeant(listener.run) {
      // A client that does not read gets no more: the events are dropped, not kept.
      guard listener.channel.isWritable else {
        listeners[id]!.isLate = true
        continue
      }
      listener.channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(buffer)), promise: nil)
    }
  }

  /// Shows that the connection lives, and closes those that do not read.
  private func beat() {
    for (id, listener) in listeners {
      if listener.isLate && !listener.channel.isWritable {
        listener.channel.close(promise: nil)
      } else {
        listeners[id]!.isLate = false
      }
    }
    send(Array(": alive\n\n".utf8)) { _ in true }
  }
}
