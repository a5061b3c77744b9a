import CNodeABI
import Synchronization

/// A node's remark about a machine, while it applies.
public struct Remark: Sendable, Equatable {
  public var node: String
  /// For example "learned".
  public var topic: String
  public var text: String

  public init(node: String, topic: String, text: String) {
    self.node = node
    self.topic = topic
    self.text = text
  }
}

/// The remarks of all instances. A name may have several instances while one takes over from another; each has its own.
package final class RemarkList: Sendable {
  private struct Place: Hashable {
    let instance: ObjectIdentifier
    let channel: Int
    let topic: String
  }
  /// Most topics of a channel.
  private static let most = 4096
  private let texts = Mutex<[Place: String]>([:])

  func set(_ instance: ObjectIdentifier, channel: Int, topic: String, _ text: String?) {
    texts.withLock { texts in
      let place = Place(instance: instance, channel: channel, topic: topic)
      if text == nil || texts[place] != nil || texts.count < Self.most { texts[place] = text }
    }
  }

  /// By topic.
  package func remarks(_ instance: ObjectIdentifier, node: String, channel: Int) -> [Remark] {
    texts.withLock { texts in
      texts.filter { $0.key.instance == instance && $0.key.channel == channel }
        .map { Remark(node: node, topic: $0.key.topic, text: $0.value) }
        .sorted { $0.topic < $1.topic }
    }
  }

  package func contains(topic: String) -> Bool { texts.withLock { $0.keys.contains { $0.topic == topic } } }

  func forget(_ instance: ObjectIdentifier) {
    texts.withLock { texts in texts = texts.filter { $0.key.instance != instance } }
  }
}

private struct RemarkAbility: @unchecked Sendable {
  let table: UnsafeMutablePointer<auscult_remarks>
}

/// The table that `auscult_host.extension` returns for `remarks/1`.
var remarkAbilityTable: UnsafeRawPointer { UnsafeRawPointer(remarkAbility.table) }

private let remarkAbility: RemarkAbility = {
  let table = UnsafeMutablePointer<auscult_remarks>.allocate(capacity: 1)
  table.initialize(
    to: auscult_remarks(
      size: UInt32(MemoryLayout<auscult_remarks>.size), reserved: 0,
      set: { host, channel, topic, text in
        guard let topic else { return }
        let record = NodeHostRecord.of(host)
        record.services.remarks.set(
          ObjectIdentifier(record), channel: Int(channel), topic: String(cString: topic),
          text.map { String(cString: $0) })
      }))
  return RemarkAbility(table: table)
}()
