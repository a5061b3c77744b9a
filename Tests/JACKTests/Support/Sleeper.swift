import CJACK
import Glibc
import JACKDriver
import Synchronization

/// A bad peer: a client that plays nothing (or garbage), and sleeps in its process callback on demand.
final class Sleeper {
  private let client: JACKClient
  private let milliseconds: UnsafeMutablePointer<Atomic<Int>>

  init(server: String) throws {
    client = try JACKClient(name: "sleeper", server: server)
    _ = try client.register("out_1", .output)
    milliseconds = .allocate(capacity: 1)
    milliseconds.initialize(to: Atomic(0))
    jack_set_process_callback(
      client.handle,
      { _, argument in
        let milliseconds = argument!.assumingMemoryBound(to: Atomic<Int>.self)
        let count = milliseconds.pointee.exchange(0, ordering: .relaxed)
        if count > 0 { usleep(UInt32(count) * 1000) }
        return 0
      }, milliseconds)
    try client.activate()
  }

  deinit {
    close()
    milliseconds.deinitialize(count: 1)
    milliseconds.deallocate()
  }

  /// Sleeps once, in the next cycle.
  func sleep(milliseconds count: Int) { milliseconds.pointee.store(count, ordering: .relaxed) }

  func close() { client.close() }
}
