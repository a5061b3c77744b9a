import CRealtime
import Glibc
import IsolationMessages
import Synchronization

/// Takes the host's calls, one after the other, and asks the host for its services meanwhile.
///
/// Thread: the main thread serves. Other threads, which a plugin may have started, may only leave notes, which go out
/// with the next answer.
final class NodeServer: @unchecked Sendable {
  static let shared = NodeServer()

  private struct Note {
    var kind: MessageKind
    var bytes: [UInt8]
  }
  /// Notes that wait; of more the oldest are dropped.
  private static let mostNotes = 4096

  private var transfer: Transfer?
  private var thread = pthread_self()
  private var isInCall = false
  private let notes = Mutex<[Note]>([])
  private var node: ServedNode?
  /// Where the blocks of a call lie.
  var base: UnsafeMutableRawPointer { transfer!.memory.base }

  func serve(_ memory: SharedMemory) -> Never {
    let transfer = Transfer(memory, own: .node)
    self.transfer = transfer
    thread = pthread_self()
    memory.give(.host)
    while true {
      guard let message = try? transfer.receive(awaitTurn: awaitTurn) else { exit(1) }
      isInCall = true
      var answer = MessageWriter()
      let status = status(of: message.kind, MessageReader(message.bytes), &answer)
      sendNotes()
      isInCall = false
      try? transfer.send(.answer, status: status, answer.bytes, awaitTurn: awaitTurn)
      if message.kind == MessageKind.destroy.rawValue { exit(0) }
    }
  }

  private func awaitTurn() {
    let memory = transfer!.memory
    while memory.turn != Turn.node.rawValue { memory.wait(while: .host, nanoseconds: -1) }
  }

  private func status(of kind: UInt32, _ message: MessageReader, _ answer: inout MessageWriter) -> Int32 {
    guard let kind = MessageKind(rawValue: kind) else { return AnswerStatus.unknown }
    // As on the calling thread, so that the numbers are the same.
    let before = realtime_flush_denormals()
    if transfer!.memory.modes & 1 == 0 { realtime_restore_denormals(before) }
    defer { realtime_restore_denormals(before) }
    var message = message
    do {
      if kind == .create {
        node = try ServedNode(&message)
        return AnswerStatus.done
      }
      guard let node else { throw NodeProblem("is not created") }
      return try node.answer(kind, &message, &answer)
    } catch {
      let problem = error as? NodeProblem ?? NodeProblem("\(error)")
      answer.clear()
      answer.add(text: problem.text)
      answer.add(text: problem.parameter)
      return AnswerStatus.failed
    }
  }

  // MARK: The host's services

  /// Asks the host and waits for its answer; nil: this thread can't, or no call is in progress.
  func ask(_ kind: MessageKind, _ message: MessageWriter = MessageWriter()) -> (status: Int32, answer: MessageReader)? {
    guard isInCall, pthread_equal(pthread_self(), thread) != 0, let transfer else { return nil }
    try? transfer.send(kind, message.bytes, awaitTurn: awaitTurn)
    guard let answer = try? transfer.receive(awaitTurn: awaitTurn) else { exit(1) }
    return (answer.status, MessageReader(answer.bytes))
  }

  /// Tells the host something, now or with the next answer.
  func tell(_ kind: MessageKind, _ message: MessageWriter) {
    if ask(kind, message) != nil { return }
    notes.withLock { notes in
      notes.append(Note(kind: kind, bytes: message.bytes))
      if notes.count > Self.mostNotes { notes.removeFirst() }
    }
  }

  private func sendNotes() {
    let waiting = notes.withLock { notes in
      defer { notes = [] }
      return notes
    }
    for note in waiting {
      var message = MessageWriter()
      note.bytes.withUnsafeBytes { message.add(plain: $0) }
      _ = ask(note.kind, message)
    }
  }
}

/// Why a call failed.
struct NodeProblem: Error {
  var text: String
  var parameter = ""

  init(_ text: String, parameter: String = "") {
    self.text = text
    self.parameter = parameter
  }
}
