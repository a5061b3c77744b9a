import CJACK
import Glibc
import Synchronization
import SystemCalls

/// The side of the JACK driver that any thread may touch: stopping it, and its counters.
///
/// The engine counts frames, gaps and drops; these counters are those that only JACK knows.
public final class DriverControl: Sendable {
  /// Atomics only; allocated here, freed with the last reference. Outlives the client.
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

  /// Asks `run` to return. Repeated calls do nothing.
  ///
  /// Thread: any, and signal handlers.
  public func stop() {
    share.pointee.stopRequested.store(true, ordering: .releasing)
    wakeup.signal()
  }

  /// Makes `run` call its `poll` soon.
  ///
  /// Thread: any, and signal handlers.
  public func wake() { wakeup.signal() }

  /// Xrun callbacks: the server's count, for any late client.
  public var xruns: Int64 { share.pointee.xruns.load(ordering: .relaxed) }
  /// Cycles that JACK called.
  public var cycles: Int64 { share.pointee.cycles.load(ordering: .relaxed) }
  /// Cycles that began or ended after the server had begun the next one, by its counter. Compare with an idle client to see
  /// which of them the computer causes.
  public var overruns: Int64 { share.pointee.overruns.load(ordering: .relaxed) }
  /// The kernel's number of the thread that runs the cycles; 0: not seen yet.
  public var audioThread: Int32 { share.pointee.audioThread.load(ordering: .relaxed) }
  /// Frames in a cycle.
  public var period: Int { share.pointee.period.load(ordering: .relaxed) }
  /// Whether the driver waits for a server, because there is none, or none at the right rate.
  public var isWaitingForServer: Bool { share.pointee.isWaiting.load(ordering: .relaxed) }
  public var isFreewheeling: Bool { share.pointee.isFreewheeling.load(ordering: .relaxed) }
  /// Whether frame position 0 has passed: with the transport as origin, false until it rolls.
  public var hasBegun: Bool { share.pointee.hasBegun.load(ordering: .relaxed) }

  /// The own ports and their connections at the last look, at most about a second ago.
  public var ports: [PortState] { portStates.withLock { $0 } }

  func notePorts(_ states: [PortState]) { portStates.withLock { $0 = states } }

  /// Thread: notification.
  func noteNotificationThread() { share.pointee.notificationThread.store(gettid(), ordering: .relaxed) }

  /// Waits, at most half a second, until the notification thread has ended; it ends by itself when the server is gone.
  /// Closing a client kills that thread at any point, also while it holds a lock that closing needs: then closing never
  /// returns.
  func waitForNotificationsEnd() {
    let thread = share.pointee.notificationThread.load(ordering: .relaxed)
    _ = Polling.wait(seconds: 0.5, every: .milliseconds(10)) {
      thread == 0 || access("/proc/self/task/\(thread)", F_OK) != 0
    }
  }

  /// The server's reason for shutting down; empty: it gave none.
  var shutdownReason: String { reason.withLock { $0 } }

  /// Thread: notification.
  func noteShutdown(_ words: String) {
    reason.withLock { $0 = words }
    // Later cycles have no sound, because the ports disappear first.
    share.pointee.isLeaving.store(true, ordering: .sequentiallyConsistent)
    share.pointee.isShutDown.store(true, ordering: .releasing)
    wakeup.signal()
  }
}
