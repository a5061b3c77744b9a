import GraphEngine
import GraphText
import LiveControl
import Synchronization
import Training

/// Work that takes a while: shows how far it is on a terminal, and stops in good order at Ctrl-C. While a class fits, the
/// first one asks it for the best so far, and only the second gives up.
final class LongWork: Sendable {
  let talk: Talk
  let log: EngineLog
  private let isCancelled = Atomic<Bool>(false)
  private let isEnding = Atomic<Bool>(false)
  private let isFitting = Atomic<Bool>(false)
  private let signals = SignalWatcher()

  init(_ talk: Talk) {
    self.talk = talk
    log = EngineLog(talk)
    signals.handle { [self] in signalled() }
  }

  private func signalled() {
    guard isFitting.load(ordering: .sequentiallyConsistent) else { return cancel() }
    isEnding.store(true, ordering: .sequentiallyConsistent)
    signals.handle { [self] in cancel() }
  }

  private func cancel() { isCancelled.store(true, ordering: .sequentiallyConsistent) }

  var conversation: Conversation {
    var conversation = Conversation(talk, log)
    conversation.isCancelled = { [self] in isCancelled.load(ordering: .sequentiallyConsistent) }
    conversation.isEnding = { [self] in isEnding.load(ordering: .sequentiallyConsistent) }
    conversation.fitting = { [self] in isFitting.store($0, ordering: .sequentiallyConsistent) }
    return conversation
  }

  /// Runs the body; what it throws becomes a failure in the command's words.
  func run<Result>(_ body: (Conversation) throws -> Result) throws -> Result {
    defer {
      talk.endProgress()
      log.showHeld(all: true)
    }
    do {
      return try body(conversation)
    } catch is DiagnosticsError where conversation.isCancelled() {
      throw Failure(Interrupted().description)
    } catch {
      throw Failure.wording(error)
    }
  }
}
