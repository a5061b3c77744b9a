import Synchronization

/// The JACK ports of one direction, by the engine's channel index; nil if a channel is free.
///
/// The table has room for all ports that JACK allows a client, so that ports come and go during cycles without moving
/// memory. The control thread sets and clears entries, the realtime thread reads them once per cycle. The table also stores
/// whether a port is connected, because JACK's call for that takes a lock in PipeWire's library.
struct PortTable {
  /// Most channels: more than JACK has ports.
  static let capacity = 4096

  private let ports: UnsafeMutablePointer<Atomic<OpaquePointer?>>
  private let connected: UnsafeMutablePointer<Atomic<Bool>>
  private let highest: UnsafeMutablePointer<Atomic<Int>>

  static func make() -> PortTable {
    let ports = UnsafeMutablePointer<Atomic<OpaquePointer?>>.allocate(capacity: capacity)
    let connected = UnsafeMutablePointer<Atomic<Bool>>.allocate(capacity: capacity)
    for index in 0..<capacity {
      (ports + index).initialize(to: Atomic(nil))
      (connected + index).initialize(to: Atomic(false))
    }
    let highest = UnsafeMutablePointer<Atomic<Int>>.allocate(capacity: 1)
    highest.initialize(to: Atomic(0))
    return PortTable(ports: ports, connected: connected, highest: highest)
  }

  func free() {
    ports.deallocate()
    connected.deallocate()
    highest.deallocate()
  }

  /// The used indexes are 0..<count.
  var count: Int {
    @_noLocks @_noAllocation get { highest.pointee.load(ordering: .acquiring) }
  }

  subscript(index: Int) -> OpaquePointer? {
    @_noLocks @_noAllocation get { ports[index].load(ordering: .acquiring) }
  }

  @_noLocks @_noAllocation
  func isConnected(_ index: Int) -> Bool { connected[index].load(ordering: .relaxed) }

  /// Thread: control.
  func setConnected(_ isConnected: Bool, at index: Int) { connected[index].store(isConnected, ordering: .relaxed) }

  /// A new port is not connected.
  ///
  /// Thread: control.
  func set(_ port: OpaquePointer?, at index: Int) {
    setConnected(false, at: index)
    ports[index].store(port, ordering: .sequentiallyConsistent)
    if index >= count { highest.pointee.store(index + 1, ordering: .sequentiallyConsistent) }
  }
}
