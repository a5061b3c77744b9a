import CNodeABI
import RealtimeCore

/// A link between threads: its ring and its producer's end. It lives as long as a schedule or an input that uses it.
final class RingLink: @unchecked Sendable {
  /// Which link: the numbers of two runtimes, and their ports.
  struct Key: Hashable {
    var from: Int32
    var output: Int
    var to: Int32
    var input: Int
  }

  let ring: UnsafeMutablePointer<BlockRing>
  let producer: UnsafeMutablePointer<LinkProducer>
  /// The block that an input shows while the ring is empty: it has no tokens, only a watermark.
  let idle: UnsafeMutablePointer<auscult_block>
  let fromName: String
  let toName: String

  init(
    bytes: Int, mostBytes: Int, from: NodeRuntime, output: Int, to: NodeRuntime?, isLossy: Bool
  ) throws(NodeFailure) {
    guard let made = BlockRing(bytes: bytes) else { throw NodeFailure.memory(bytes) }
    fromName = from.name
    // The control thread reads a link that leads to no node.
    let to = to ?? from
    toName = to.name
    idle = .allocate(capacity: 1)
    idle.initialize(to: from.blocks[output].pointee)
    idle.pointee.count = 0
    idle.pointee.flags = 0
    ring = .allocate(capacity: 1)
    ring.initialize(to: made)
    producer = .allocate(capacity: 1)
    producer.initialize(
      to: LinkProducer(
        ring: ring, consumer: UnsafePointer(to.instance.host.nodeText), consumerNode: to.number, mostBytes: mostBytes,
        isLossy: isLossy))
  }

  deinit {
    idle.deallocate()
    producer.deinitialize(count: 1)
    producer.deallocate()
    ring.deinitialize(count: 1)
    ring.deallocate()
  }

  var isEmpty: Bool { ring.pointee.isEmpty }
  var complete: Int64 { ring.pointee.complete }
  func front() -> UnsafeMutablePointer<auscult_block>? { ring.pointee.front() }
  func release() { ring.pointee.release() }
}
