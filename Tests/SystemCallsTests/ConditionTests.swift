import Glibc
import Synchronization
import SystemCalls
import Testing

@Suite struct ConditionTests {
  @Test func aWaitEndsAtItsDeadline() {
    let condition = Condition()
    let began = ContinuousClock.now
    condition.lock()
    let deadline = Condition.Deadline(in: 0.05)
    while condition.wait(until: deadline) {}
    condition.unlock()
    #expect(ContinuousClock.now - began >= .milliseconds(45))
  }

  @Test func aSignalWakesAThreadThatWaits() throws {
    let shared = Shared()
    BackgroundThread.start("waits") { shared.waitUntilReady() }
    shared.makeReady()
    #expect(shared.waitUntilSeen(seconds: 30))
  }

  @Test func threadsHaveNamesAndStacks() throws {
    let shared = Shared()
    let holder = Holder("")
    #expect(
      BackgroundThread.start("a name that is too long", stackBytes: 1 << 20) {
        holder.name.withLock { $0 = threadName() }
        shared.makeReady()
        shared.waitUntilReady()
      })
    #expect(shared.waitUntilSeen(seconds: 30))
    #expect(holder.name.withLock { $0 } == "a name that is ")
  }

  @Test func theLockIsHeldByOneThread() {
    let condition = Condition()
    condition.lock()
    let holder = Holder("")
    let shared = Shared()
    BackgroundThread.start("tries") {
      let got = condition.tryLock()
      holder.name.withLock { $0 = "\(got)" }
      shared.makeReady()
      shared.waitUntilReady()
    }
    #expect(shared.waitUntilSeen(seconds: 30))
    condition.unlock()
    #expect(holder.name.withLock { $0 } == "false")
    #expect(condition.tryLock())
    condition.unlock()
  }
}

private final class Holder: Sendable {
  let name: Mutex<String>
  init(_ name: String) { self.name = Mutex(name) }
}

/// Two threads that wait for each other.
private final class Shared: @unchecked Sendable {
  private let condition = Condition()
  private var state = (isReady: false, hasSeen: false)

  func makeReady() {
    condition.lock()
    state.isReady = true
    condition.broadcast()
    condition.unlock()
  }

  func waitUntilReady() {
    condition.lock()
    let deadline = Condition.Deadline(in: 30)
    while !state.isReady, condition.wait(until: deadline) {}
    state.hasSeen = state.isReady
    condition.signal()
    condition.unlock()
  }

  func waitUntilSeen(seconds: Double) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    let deadline = Condition.Deadline(in: seconds)
    while !state.hasSeen, condition.wait(until: deadline) {}
    return state.hasSeen
  }
}

private func threadName() -> String {
  var buffer = [CChar](repeating: 0, count: 64)
  let descriptor = open("/proc/thread-self/comm", O_RDONLY)
  defer { close(descriptor) }
  let count = read(descriptor, &buffer, 63)
  return String(decoding: buffer.prefix(max(0, count - 1)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
