import Synchronization

/// The JACK ports of one direction, by the engine's channel index; nil where a channel is free.
///
/// There is room for as many as JACK has for a client, so that ports come and go while cycles run and nothing moves. The
/// control thread sets and clears, the realtime thread looks once in every cycle.
struct PortTable {
  /// Channels, at most: more than JACK has ports for.
  static let room = 4096

  private let ports: UnsafeMutablePointer<Atomic<OpaquePointer?>>
  private let highest: UnsafeMutablePointer<Atomic<Int>>

  static func make() -> PortTable {
    let ports = UnsafeMutablePointer<Atomic<OpaquePointer?>>.allocate(capacity: room)
    for index in 0..<room { (ports + index).initialize(to: Atomic(nil)) }
    let highest = UnsafeMutablePointer<Atomic<Int>>.allocate(capacity: 1)
    highest.initialize(to: Atomic(0))
    return PortTable(ports: ports, highest: highest)
  }

  func free() {
    ports.deallocate()
    highest.deallocate()
  }

  /// Indexes to look at: 0..<count.
  var count: Int {
    @_noLocks @_noAllocation get { highest.pointee.load(ordering: .acquiring) }
  }

  subscript(index: Int) -> OpaquePointer? {
    @_noLocks @_noAllocation get { ports[index].load(ordering: .acquiring) }
  }

  /// Thread: control.
  func set(_ port: OpaquePointer?, at index: Int) {
    ports[index].store(port, ordering: .sequentiallyConsistent)
    if index >= count { highest.pointee.store(index + 1, ordering: .sequentiallyConsistent) }
  }
}
