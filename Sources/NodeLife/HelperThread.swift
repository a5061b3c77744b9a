import Dispatch
import Synchronization
import SystemCalls

/// Threads for calls that may not return. A thread whose call never returns is abandoned; the others are used again.
package final class HelperThread: Sendable {
  /// Most idle threads that are kept.
  private static let mostIdle = 4
  private static let idle = Mutex<[HelperThread]>([])

  private let work = Mutex<Work?>(nil)
  private let isAsked = DispatchSemaphore(value: 0)

  /// The work that goes to the thread. Its maker ensures that only one thread uses it.
  private struct Work: @unchecked Sendable {
    let body: () -> Void
  }

  /// Runs the body on an idle thread.
  package static func run(_ body: @escaping () -> Void) {
    let thread = idle.withLock { $0.popLast() } ?? HelperThread()
    let work = Work(body: body)
    thread.work.withLock { $0 = work }
    thread.isAsked.signal()
  }

  private init() {
    BackgroundThread.start("auscult-calls") { [self] in
      repeat {
        isAsked.wait()
        work.withLock { work in
          defer { work = nil }
          return work
        }?.body()
      } while waitForMore()
    }
  }

  private func waitForMore() -> Bool {
    HelperThread.idle.withLock { idle in
      guard idle.count < HelperThread.mostIdle else { return false }
      idle.append(self)
      return true
    }
  }
}
