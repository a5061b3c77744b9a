import Synchronization
import SystemCalls

/// What reaches the courier from Paho's threads and from the sink.
///
/// Thread: any.
final class CourierEvents: @unchecked Sendable {
  enum Event: Sendable, Equatable {
    case connected
    /// The connection was not made: Paho's or the broker's code, and Paho's words.
    case refused(code: Int32, detail: String)
    case lost(detail: String)
    /// The broker has acknowledged a message.
    case sent(Int64)
    /// Paho could not send a message, at this attempt to connect.
    case unsent(Int64, attempt: Int)
  }

  private let condition = Condition()
  private var events: [Event] = []
  private var isWoken = false
  /// What OpenSSL said last.
  private var words = ""

  func post(_ event: Event) {
    condition.lock()
    events.append(event)
    condition.signal()
    condition.unlock()
  }

  /// Ends a `wait`.
  func wake() {
    condition.lock()
    isWoken = true
    condition.signal()
    condition.unlock()
  }

  /// The events since the last call, after at most `seconds`.
  func wait(seconds: Double) -> [Event] {
    condition.lock()
    defer { condition.unlock() }
    let deadline = Condition.Deadline(in: seconds)
    while events.isEmpty, !isWoken, condition.wait(until: deadline) {}
    defer { (events, isWoken) = ([], false) }
    return events
  }

  func noteTLS(_ text: String) {
    condition.lock()
    words = text
    condition.unlock()
  }

  /// What OpenSSL has said since the last call.
  func takeTLSWords() -> String {
    condition.lock()
    defer { condition.unlock() }
    defer { words = "" }
    return words
  }
}
