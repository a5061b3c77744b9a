import GraphEngine
import Synchronization

/// The messages of the engines that run ahead. They appear when the file's turn has come, in the order of the files;
/// those of a file that is run anew do not. A warning that several engines give appears once.
///
/// Thread: any.
final class AheadLog: Sendable {
  typealias Receiver = @Sendable (LogLevel, String, String) -> Void

  fileprivate struct Message {
    var level: LogLevel
    var node: String
    var text: String
  }

  private struct Line: Hashable {
    var node: String
    var text: String
  }

  /// The messages of all engines of a run.
  final class Common: Sendable {
    private let receive: Receiver
    /// The engine that gave a message first.
    private let first = Mutex<[Line: Int]>([:])

    init(_ receive: @escaping Receiver) { self.receive = receive }

    fileprivate func tell(_ message: Message, of engine: Int) {
      if message.level < .error {
        let isOwn = first.withLock { first in
          let line = Line(node: message.node, text: message.text)
          if first[line] == nil { first[line] = engine }
          return first[line] == engine
        }
        guard isOwn else { return }
      }
      receive(message.level, message.node, message.text)
    }
  }

  private struct State {
    var held: [Message] = []
    var hasTurn = false
  }

  private let common: Common
  private let engine: Int
  private let state = Mutex(State())

  /// - Parameter engine: its number.
  init(_ common: Common, engine: Int) {
    self.common = common
    self.engine = engine
  }

  func receive(_ level: LogLevel, _ node: String, _ text: String) {
    let message = Message(level: level, node: node, text: text)
    let isHeld = state.withLock { state in
      if !state.hasTurn { state.held.append(message) }
      return !state.hasTurn
    }
    if !isHeld { common.tell(message, of: engine) }
  }

  /// Passes on what was held back, and everything from now on.
  func begin() {
    let held = state.withLock { state in
      state.hasTurn = true
      defer { state.held = [] }
      return state.held
    }
    for message in held { common.tell(message, of: engine) }
  }

  /// Holds messages back from now on, and forgets those that it holds.
  func end() { state.withLock { $0 = State() } }
}
