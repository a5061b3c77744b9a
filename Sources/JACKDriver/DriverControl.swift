import CJACK
import Glibc
import Synchronization

/// The side of the JACK driver that any thread may touch: stopping it, and its counters.
///
/// The engine's own counters tell frames, gaps and drops; here is what JACK alone knows.
public final class DriverControl: Sendable {
  /// Atomics only; allocated here, freed with the last reference, which outlives the client.
  nonisolated(unsafe) let share: UnsafeMutablePointer<DriverShare>
  let wakeup = Wakeup()
  private let reason = Mutex("")
  private let portStates = Mutex<[PortState]>([])

  init() {
    share = .allocate(capacity: 1)
    share.initialize(to: DriverShare())
  }

  deinit {
    share.deinitialize(count: 1)
    share.deallocate()
  }

  /// Asks `run` to return. Again is as good as once.
  ///
  /// Thread: any, and signal handlers.
  public func stop() {
    share.pointee.stopRequested.store(true, ordering: .releasing)
    wakeup.signal()
  }

  /// Has `run` call its `tick` soon.
  ///
  /// Thread: any, and signal handlers.
  public func wake() { wakeup.signal() }

  /// Xrun callbacks: the server's count, for whichever client was late.
  public var xruns: Int64 { share.pointee.xruns.load(ordering: .relaxed) }
  /// Cycles that JACK called.
  public var cycles: Int64 { share.pointee.cycles.load(ordering: .relaxed) }
  /// Cycles that began or ended when the server had begun the next one, as its counter tells. An empty client beside us
  /// tells which of them are the machine's.
  public var overruns: Int64 { share.pointee.overruns.load(ordering: .relaxed) }
  /// Frames in a cycle.
  public var period: Int { share.pointee.period.load(ordering: .relaxed) }
  /// There is no server, or none at the right rate, and the driver waits for one.
  public var isWaitingForServer: Bool { share.pointee.isWaiting.load(ordering: .relaxed) }
  public var isFreewheeling: Bool { share.pointee.isFreewheeling.load(ordering: .relaxed) }
  /// Whether frame position 0 has passed: with the transport as origin, false until it rolls.
  public var hasBegun: Bool { share.pointee.hasBegun.load(ordering: .relaxed) }

  /// Our ports, and what each is connected to, as of the last look: about a second ago at most.
  public var ports: [PortState] { portStates.withLock { $0 } }

  func notePorts(_ states: [PortState]) { portStates.withLock { $0 = states } }

  /// Thread: notification.
  func noteNotificationThread() { share.pointee.notificationThread.store(gettid(), ordering: .relaxed) }

  /// Waits until the thread of the notifications has ended, which it does by itself when the server is gone; half a second
  /// at most. Closing a client ends that thread wherever it is, also while it holds a lock that closing needs next: then
  /// closing never returns.
  func waitForNotificationsEnd() {
    let thread = share.pointee.notificationThread.load(ordering: .relaxed)
    for _ in 0..<50 where thread != 0 && access("/proc/self/task/\(thread)", F_OK) == 0 { usleep(10_000) }
  }

  /// Why the server shut down, in its own words; empty: it gave none.
  var shutdownReason: String { reason.withLock { $0 } }

  /// Thread: notification.
  func noteShutdown(_ words: String) {
    reason.withLock { $0 = words }
    // What still comes is no sound: the ports go first.
    share.pointee.isLeaving.store(true, ordering: .sequentiallyConsistent)
    share.pointee.isShutDown.store(true, ordering: .releasing)
    wakeup.signal()
  }
}
