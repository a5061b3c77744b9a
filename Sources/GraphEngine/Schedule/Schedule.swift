import CNodeABI
import RealtimeCore

/// A compiled graph: what runs on the realtime thread, what runs on workers, and the memory of both. Immutable once
/// made; what changes while it runs lies behind pointers, each touched by one thread.
final class Schedule: @unchecked Sendable {
  let draft: ScheduleDraft
  let realtime: UnsafeMutablePointer<RealtimeSchedule>
  let workers: [WorkerNode]
  /// Rings that the realtime thread pushes into, and the most bytes that one quantum pushes.
  let crossings: [(ring: UnsafeMutablePointer<BlockRing>, mostBytes: Int)]
  let rings: [RingRecord]
  /// Steps by node.
  let steps: [UnsafeMutablePointer<Step>]
  /// Bytes of each node's blocks, joins and queues.
  let memory: [Int]
  private let arena: Arena
  private let formats: [FormatRecord]

  /// A ring, and the link that it carries.
  struct RingRecord {
    let ring: UnsafeMutablePointer<BlockRing>
    let from: Int
    let to: Int
  }

  init(_ builder: ScheduleBuilder) {
    draft = builder.draft
    realtime = builder.makeRealtime()
    workers = builder.workers
    crossings = builder.crossings
    rings = builder.rings
    steps = builder.draft.graph.nodes.indices.map { builder.steps[$0]! }
    memory = builder.memory
    arena = builder.arena
    formats = builder.draft.configurations.flatMap { $0?.outputs ?? [] }
  }

  deinit {
    for record in rings {
      record.ring.deinitialize(count: 1)
      record.ring.deallocate()
    }
  }
}
