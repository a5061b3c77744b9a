import GraphEngine
import GraphText
import LiveControl
import Synchronization
import Training

/// Long work: shows progress on a terminal, and stops cleanly at Ctrl-C. While a detector fits, the first Ctrl-C asks it
/// for the best so far; the second one cancels.
final class LongWork: Sendable {
  let console: Console
  let log: EngineLog
  private let isCancelled = Atomic<Bool>(false)
  private let isEnding = Atomic<Bool>(false)
  private let isFitting = Atomic<Bool>(false)
  private let signals = SignalWatcher()

  init(_ console: Console) {
    self.console = console
    log = EngineLog(console)
    signals.handle { [self] in signalled() }
  }

  private func signalled() {
    guard isFitting.load(ordering: .sequentiallyConsistent) else { return cancel() }
    isEnding.store(true, ordering: .sequentiallyConsistent)
    signals.handle { [self] in cancel() }
  }

  private func cancel() { isCancelled.store(true, ordering: .sequentiallyConsistent) }

  var callbacks: WorkCallbacks {
    var callbacks = WorkCallbacks(console, log)
    callbacks.isCancelled = { [self] in isCancelled.load(ordering: .sequentiallyConsistent) }
    callbacks.isEnding = { [self] in isEnding.load(ordering: .sequentiallyConsistent) }
    callbacks.fitting = { [self] in isFitting.store($0, ordering: .sequentiallyConsistent) }
    return callbacks
  }

  /// Runs the body; errors become a `Failure` of the command.
  func run<Result>(_ body: (WorkCallbacks) throws -> Result) throws -> Result {
    defer {
      console.endProgress()
      log.showHeld(all: true)
    }
    do {
      return try body(callbacks)
    } catch is DiagnosticsError where callbacks.isCancelled() {
      throw Failure(Interrupted().description)
    } catch {
      throw Failure.wording(error)
    }
  }
}
