import JSONText
import RunControl
import Synchronization
import SystemCalls

/// What one stream of a run is asked for with. Pages that ask the same share one subscription.
struct StreamKey: Hashable, Sendable {
  var run: String
  var node: String
  var port: String?
  var machine: String?
  /// Most tokens a second of each channel.
  var most: Double?

  fileprivate var parameters: JSONValue {
    var members: [String: JSONValue] = ["node": .text(node)]
    members["port"] = port.map { .text($0) }
    members["machine"] = machine.map { .text($0) }
    members["most"] = most.map { .number($0) }
    return .object(members)
  }
}

/// One subscription of a run, fetched on a thread of its own as long as somebody listens.
final class StreamFeed: Sendable {
  /// Between two fetches.
  private static let pause = Duration.milliseconds(50)

  private let key: StreamKey
  private let board: Board
  private let hasEnded = Atomic<Bool>(false)

  init(_ key: StreamKey, _ board: Board) { (self.key, self.board) = (key, board) }

  /// - Returns: false: the system has no thread left.
  func start() -> Bool { BackgroundThread.start("auscult-stream") { [self] in follow() } }

  /// Nobody listens any more.
  func end() { hasEnded.store(true, ordering: .relaxed) }

  private func follow() {
    var reason = "the run has ended"
    do {
      let client = try ControlClient(name: key.run)
      let begun = try client.call("subscribe", key.parameters)
      let subscription: JSONValue = ["subscription": begun["subscription"] ?? .null]
      var state = tell(begun, before: nil)
      while !hasEnded.load(ordering: .relaxed) {
        let answer = try client.call("fetch", subscription)
        state = tell(answer, before: state)
        send(answer)
        if state == "ended" { return end(because: nil) }
        if answer["more"] != true { Polling.pause(Self.pause) }
      }
      _ = try client.call("unsubscribe", subscription)
    } catch let error as ControlError {
      reason = error.message
    } catch {
      reason = "\(error)"
    }
    end(because: reason)
  }

  /// Reports a state that differs from the last one.
  private func tell(_ answer: JSONValue, before: String?) -> String? {
    let state = answer["state"]?.text
    if state != before { post(state: ["state": answer["state"] ?? .null, "reason": answer["reason"] ?? .null]) }
    return state
  }

  private func post(state: JSONValue) {
    let key = key
    board.post { $0.streams.tell(state: state, of: key) }
  }

  private func send(_ answer: JSONValue) {
    var bytes: [UInt8] = []
    var count = 0
    for item in answer["items"]?.array ?? [] {
      guard item["kind"] != "format" else {
        let key = key
        board.post { $0.streams.tell(format: item, of: key) }
        continue
      }
      count += 1
      bytes += EventListeners.event("item", item)
    }
    if let dropped = answer["dropped"]?.integer, dropped > 0 {
      bytes += EventListeners.event("dropped", ["count": .integer(dropped)])
    }
    guard !bytes.isEmpty else { return }
    let (key, whole, items) = (key, bytes, count)
    board.post { $0.streams.send(whole, items: items, of: key) }
  }

  private func end(because reason: String?) {
    let key = key
    if let reason { post(state: ["state": "ended", "reason": .text(reason)]) }
    board.post { [self] in $0.streams.end(self, of: key) }
  }
}
