import CRealtime
import Synchronization

/// A message from the realtime thread to the control thread: numbers only; the control thread makes the text.
public struct RealtimeMessage {
  public enum Kind: Int32, Sendable {
    case gap = 1
    case dropBegan, dropEnded, nodeFailed, scheduleRetired, inputNotFinite
  }
  public var kind: Kind
  /// The node's number in the engine, or -1.
  public var node: Int32
  public var first: Int64
  public var second: Int64
  /// For `nodeFailed`: a constant text of a plugin. For `scheduleRetired`: the object to take over.
  public var pointer: UnsafeRawPointer?

  @_noLocks @_noAllocation
  public init(_ kind: Kind, node: Int32 = -1, first: Int64 = 0, second: Int64 = 0, pointer: UnsafeRawPointer? = nil) {
    self.kind = kind
    self.node = node
    self.first = first
    self.second = second
    self.pointer = pointer
  }
}

// The pointer is to constants, or passes its object on as a whole.
extension RealtimeMessage: @unchecked Sendable {}

/// A single-producer, single-consumer queue of messages from the realtime thread to the control thread.
public struct MessageQueue: ~Copyable, @unchecked Sendable {
  private let slots: UnsafeMutablePointer<RealtimeMessage>
  private let capacity: Int
  private let written = Atomic<Int>(0)
  private let read = Atomic<Int>(0)
  private let lostMessages = Atomic<Int64>(0)

  /// Thread: control.
  public init(capacity: Int) {
    self.capacity = capacity
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: RealtimeMessage(.gap), count: capacity)
  }

  deinit { slots.deallocate() }

  /// Free slots. Only the consumer adds to them, so the producer can rely on them until it pushes.
  public var freeSlots: Int {
    @_noLocks @_noAllocation get {
      capacity - (written.load(ordering: .relaxed) - read.load(ordering: .acquiring))
    }
  }

  /// Messages that found no slot.
  public var lost: Int64 {
    @_noLocks @_noAllocation get { lostMessages.load(ordering: .relaxed) }
  }

  /// Pushes a message. If there is no slot, counts it as lost. Reserves one slot for a retired schedule.
  @_noLocks @_noAllocation
  public func push(_ message: RealtimeMessage) {
    guard freeSlots > (message.kind == .scheduleRetired ? 0 : 1) else {
      lostMessages.add(1, ordering: .relaxed)
      return
    }
    let position = written.load(ordering: .relaxed)
    slots[position % capacity] = message
    written.store(position + 1, ordering: .releasing)
  }

  /// The oldest message, or nil. Thread: control.
  public func pop() -> RealtimeMessage? {
    let position = read.load(ordering: .relaxed)
    guard position != written.load(ordering: .acquiring) else { return nil }
    let message = slots[position % capacity]
    read.store(position + 1, ordering: .releasing)
    return message
  }
}
