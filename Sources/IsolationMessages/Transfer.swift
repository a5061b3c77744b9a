import CIsolation
import CNodeABI

/// A turn that never came.
public enum TransferProblem: Error {
  /// The other side has ended, or took too long.
  case ended
  /// The other side broke the rules of the shared memory.
  case broken
}

/// Sends and receives whole messages over shared memory, part by part.
///
/// The two sides take turns: who has the turn may write, and gives it away. A message longer than its room goes in parts,
/// each of which the other side acknowledges by giving the turn back.
public struct Transfer {
  public let memory: SharedMemory
  /// Whose turn this side's is.
  public let own: Turn
  /// The longest message from a node's process: states and models are smaller.
  private static let mostBytes = 1 << 28

  public init(_ memory: SharedMemory, own: Turn) {
    self.memory = memory
    self.own = own
  }

  private var other: Turn { own == .host ? .node : .host }

  /// - Parameter awaitTurn: waits for this side's turn.
  public func send(
    _ kind: MessageKind, status: Int32 = 0, _ bytes: [UInt8], awaitTurn: () throws -> Void
  ) throws {
    try bytes.withUnsafeBytes { bytes in
      var place = 0
      repeat {
        let count = min(SharedMemory.messageBytes, bytes.count - place)
        let hasMore = place + count < bytes.count
        memory.kind = kind.rawValue
        memory.status = status
        memory.writePart(UnsafeRawBufferPointer(rebasing: bytes[place..<place + count]), hasMore: hasMore)
        memory.give(other)
        place += count
        if hasMore { try awaitTurn() }
      } while place < bytes.count
    }
  }

  /// Waits for this side's turn, and receives a message.
  public func receive(awaitTurn: () throws -> Void) throws -> (kind: UInt32, status: Int32, bytes: [UInt8]) {
    var bytes: [UInt8] = []
    while true {
      try awaitTurn()
      let (kind, status, hasMore) = (memory.kind, memory.status, memory.hasMore)
      guard memory.readPart(into: &bytes), own == .node || bytes.count <= Self.mostBytes else {
        throw TransferProblem.broken
      }
      if !hasMore { return (kind, status, bytes) }
      memory.give(other)
    }
  }
}
