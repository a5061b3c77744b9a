import JSONText
import NIOCore

/// The streams that pages read, each with its feed. Thread: the event loop's.
final class Streams {
  /// Most feeds of one run, which has at most 32 subscriptions.
  static let limit = 16

  private struct Entry {
    var feed: StreamFeed
    var format: JSONValue?
    var state: JSONValue?
  }

  private let listeners: EventListeners
  private var feeds: [StreamKey: Entry] = [:]

  init(_ listeners: EventListeners) { self.listeners = listeners }

  /// Why a page can't have this stream now; nil: it can.
  func refusal(_ key: StreamKey) -> String? {
    guard feeds[key] == nil, feeds.keys.filter({ $0.run == key.run }).count >= Self.limit else { return nil }
    return "\(Self.limit) streams of this run are read, which is the most; close a page, or read one of them"
  }

  /// A listener has been added, and its answer has begun.
  func join(_ key: StreamKey, _ channel: any Channel, _ board: Board) {
    guard let entry = feeds[key] else {
      let feed = StreamFeed(key, board)
      feeds[key] = Entry(feed: feed)
      if !feed.start() {
        tell(state: ["state": "ended", "reason": "the server has no room for another stream"], of: key)
        end(feed, of: key)
      }
      return
    }
    // What the others have been told already.
    if let state = entry.state { EventListeners.write(EventListeners.event("state", state), to: channel) }
    if let format = entry.format { EventListeners.write(EventListeners.event("format", format), to: channel) }
  }

  /// A listener has gone.
  func leave(_ topic: EventListeners.Topic?) {
    guard case .stream(let key)? = topic, !listeners.has(.stream(key)) else { return }
    feeds.removeValue(forKey: key)?.feed.end()
  }

  func tell(state: JSONValue, of key: StreamKey) {
    feeds[key]?.state = state
    send(EventListeners.event("state", state), items: 0, of: key)
  }

  func tell(format: JSONValue, of key: StreamKey) {
    feeds[key]?.format = format
    send(EventListeners.event("format", format), items: 0, of: key)
  }

  func send(_ bytes: [UInt8], items: Int, of key: StreamKey) {
    listeners.send(bytes, items: items) { $0 == .stream(key) }
  }

  /// A feed is over, unless another one has taken its place.
  func end(_ feed: StreamFeed, of key: StreamKey) {
    guard feeds[key]?.feed === feed else { return }
    feeds[key] = nil
    listeners.close(.stream(key))
  }
}
