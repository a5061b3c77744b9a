import CIsolation
import Glibc

/// The memory that the host and a node's process share. The other side may write anything at any time: everything is
/// read once, and checked.
///
/// Layout: a head of 4096 bytes, the room for messages, the room for blocks.
public struct SharedMemory: @unchecked Sendable {
  public static let magic: UInt32 = 0x4e53_5541  // "AUSN"
  public static let version: UInt32 = 1
  public static let messagePlace = 4096
  public static let messageBytes = 1 << 20
  public static let blockPlace = messagePlace + messageBytes
  /// Pages take memory only once they are written.
  public static let bytes = 1 << 30
  public static let blockBytes = bytes - blockPlace

  public let base: UnsafeMutableRawPointer

  /// Maps memory of `make_shared_memory`; nil: it is something else, or there is no room.
  public init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size == off_t(Self.bytes) else { return nil }
    let place = mmap(nil, Self.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let place, place != MAP_FAILED else { return nil }
    base = place
  }

  public func unmap() { munmap(base, Self.bytes) }

  // MARK: Head

  /// Written by the host, before the node's process starts.
  public func writeHead() {
    base.storeBytes(of: Self.magic, as: UInt32.self)
    base.storeBytes(of: Self.version, toByteOffset: 4, as: UInt32.self)
    turnWord.pointee = Turn.node.rawValue
  }

  public var hasHead: Bool {
    base.load(as: UInt32.self) == Self.magic && base.load(fromByteOffset: 4, as: UInt32.self) == Self.version
  }

  public var turnWord: UnsafeMutablePointer<UInt32> { (base + 8).assumingMemoryBound(to: UInt32.self) }
  public var turn: UInt32 { turn_load(turnWord) }

  public func give(_ turn: Turn) {
    turn_store(turnWord, turn.rawValue)
    turn_wake(turnWord)
  }

  /// Waits a while for the turn to change.
  public func wait(while turn: Turn, nanoseconds: Int64) { turn_wait(turnWord, turn.rawValue, nanoseconds) }

  public var kind: UInt32 {
    get { base.load(fromByteOffset: 12, as: UInt32.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 12, as: UInt32.self) }
  }
  public var status: Int32 {
    get { base.load(fromByteOffset: 16, as: Int32.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 16, as: Int32.self) }
  }
  /// The message goes on in the next turn.
  public var hasMore: Bool {
    get { base.load(fromByteOffset: 20, as: UInt32.self) != 0 }
    nonmutating set { base.storeBytes(of: newValue ? 1 : 0, toByteOffset: 20, as: UInt32.self) }
  }
  public var length: UInt64 {
    get { base.load(fromByteOffset: 24, as: UInt64.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 24, as: UInt64.self) }
  }
  /// CONFINED_* of the node's process, which writes them before it loads foreign code.
  public var confinement: UInt32 {
    get { base.load(fromByteOffset: 32, as: UInt32.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 32, as: UInt32.self) }
  }
  /// Bit 0: the caller's thread treats denormal numbers as zero, and so must the node.
  public var modes: UInt32 {
    get { base.load(fromByteOffset: 36, as: UInt32.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 36, as: UInt32.self) }
  }

  // MARK: Parts of a message

  public func writePart(_ bytes: UnsafeRawBufferPointer, hasMore: Bool) {
    if let from = bytes.baseAddress { (base + Self.messagePlace).copyMemory(from: from, byteCount: bytes.count) }
    length = UInt64(bytes.count)
    self.hasMore = hasMore
  }

  /// False: the length is not possible.
  public func readPart(into message: inout [UInt8]) -> Bool {
    let count = length
    guard count <= UInt64(Self.messageBytes) else { return false }
    message += UnsafeRawBufferPointer(start: base + Self.messagePlace, count: Int(count))
    return true
  }
}
