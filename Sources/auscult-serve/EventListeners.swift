import JSONText
import NIOCore
import NIOHTTP1

/// Who reads server-sent events. Thread: the event loop's.
///
/// A client that does not read gets no more: events are dropped, not kept, and it is told how many. A client that reads
/// nothing for some time is disconnected.
final class EventListeners {
  static let limit = 64

  enum Topic: Hashable {
    /// Records of one run; nil: of all.
    case records(run: String?)
    case stream(StreamKey)
  }

  private struct Listener {
    var channel: any Channel
    var topic: Topic
    /// It could not take the last events.
    var isLate = false
    /// Items that it did not get since it was last told.
    var dropped = 0
  }

  private var all: [ObjectIdentifier: Listener] = [:]

  var isEmpty: Bool { all.isEmpty }

  /// - Returns: false: there are too many.
  func add(_ channel: any Channel, _ topic: Topic) -> Bool {
    guard all.count < Self.limit else { return false }
    all[ObjectIdentifier(channel)] = Listener(channel: channel, topic: topic)
    return true
  }

  /// - Returns: what it listened to.
  @discardableResult
  func remove(_ channel: any Channel) -> Topic? { all.removeValue(forKey: ObjectIdentifier(channel))?.topic }

  func has(_ topic: Topic) -> Bool { all.values.contains { $0.topic == topic } }

  static func event(_ name: String, _ data: JSONValue) -> [UInt8] {
    Array("event: \(name)\ndata: ".utf8) + data.json + Array("\n\n".utf8)
  }

  static func write(_ bytes: [UInt8], to channel: any Channel) {
    channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes))), promise: nil)
  }

  /// - Parameter items: how many items the bytes hold.
  func send(_ bytes: [UInt8], items: Int = 1, to isMeant: (Topic) -> Bool) {
    let buffer = ByteBuffer(bytes: bytes)
    for (id, listener) in all where isMeant(listener.topic) {
      guard listener.channel.isWritable else {
        all[id]!.isLate = true
        all[id]!.dropped += items
        continue
      }
      if listener.dropped > 0 {
        all[id]!.dropped = 0
        Self.write(Self.event("dropped", ["count": .integer(Int64(listener.dropped))]), to: listener.channel)
      }
      listener.channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(buffer)), promise: nil)
    }
  }

  /// Ends the connections of a topic, after what was sent.
  func close(_ topic: Topic) {
    for listener in all.values where listener.topic == topic {
      let channel = listener.channel
      channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in channel.close(promise: nil) }
    }
  }

  /// Shows that the connections live, and closes those that do not read.
  func beat() {
    for (id, listener) in all {
      if listener.isLate && !listener.channel.isWritable {
        listener.channel.close(promise: nil)
      } else {
        all[id]!.isLate = false
      }
    }
    send(Array(": alive\n\n".utf8), items: 0) { _ in true }
  }
}
