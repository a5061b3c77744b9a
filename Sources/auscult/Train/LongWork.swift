import GraphEngine
import GraphText
import Synchronization
import Training

/// Work that takes a while: shows how far it is on a terminal, and stops in good order at Ctrl-C.
final class LongWork: Sendable {
  let talk: Talk
  let log: EngineLog
  private let isCancelled = Atomic<Bool>(false)
  private let signals = SignalWatcher()

  init(_ talk: Talk) {
    self.talk = talk
    log = EngineLog(talk)
    signals.handle { [self] in isCancelled.store(true, ordering: .relaxed) }
  }

  var conversation: Conversation {
    var conversation = Conversation()
    conversation.progress = { [self] done, what in talk.progress("\(Quantity.fixed(done * 100, 0)) %  \(what)") }
    conversation.isCancelled = { [self] in isCancelled.load(ordering: .relaxed) }
    conversation.warn = { [talk] in talk.warning($0) }
    conversation.log = log.receive
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
    } catch let error as TrainingError {
      throw Failure(error.description)
    } catch let error as Interrupted {
      throw Failure(error.description)
    } catch is DiagnosticsError where conversation.isCancelled() {
      throw Failure(Interrupted().description)
    } catch let error as DiagnosticsError {
      throw error
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure("\(error)")
    }
  }
}
