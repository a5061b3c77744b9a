import CJACK
import Glibc
import Synchronization

/// What is one for the whole process in libjack: the server it is attached to, and where its messages go.
enum LibJACK {
  private struct Attachment {
    var server = ""
    var clients = 0
  }

  private static let attachment = Mutex(Attachment())
  private static let words = Mutex<[String]>([])

  /// Opens a client of a server that runs. No server is ever started by this.
  ///
  /// libjack maps one server's memory for all clients of a process, so a second server is refused.
  static func open(name: String, server: String?) throws(JACKError) -> OpaquePointer {
    let key = server ?? defaultServer
    let other = attachment.withLock { attachment -> String? in
      if attachment.clients > 0 && attachment.server != key { return attachment.server }
      attachment.server = key
      attachment.clients += 1
      return nil
    }
    if let other { throw .otherServer(present: other, asked: key) }
    _ = collectMessages
    _ = takeMessages()
    var status: Int32 = 0
    let options = Int32(bitPattern: JackNoStartServer.rawValue | JackUseExactName.rawValue)
    if let handle = cjack_client_open(name, options, &status, server) { return handle }
    let error = error(status: UInt32(bitPattern: status), name: name, server: server)
    detach()
    throw error
  }

  /// Closes a client that `open` gave.
  static func close(_ handle: OpaquePointer) {
    jack_client_close(handle)
    detach()
  }

  /// The last words that libjack had for a person, newest last. Taking them clears them.
  static func takeMessages() -> [String] {
    words.withLock { words in
      defer { words = [] }
      return words
    }
  }

  static var defaultServer: String { getenv("JACK_DEFAULT_SERVER").map { String(cString: $0) } ?? "default" }

  private static func detach() {
    attachment.withLock { $0.clients -= 1 }
  }

  private static func error(status: UInt32, name: String, server: String?) -> JACKError {
    func has(_ bit: JackStatus) -> Bool { status & bit.rawValue != 0 }
    if has(JackNameNotUnique) { return .nameTaken(name) }
    if has(JackVersionError) { return .versionMismatch }
    if has(JackServerFailed) { return .noServer(name: server) }
    let words = takeMessages().joined(separator: "; ")
    if has(JackServerError) && isTaken(name, server: server) { return .nameTaken(name) }
    return .refused(action: "open the client '\(name)'", detail: words.isEmpty ? "status \(status)" : words)
  }

  /// jackd2 answers a taken name with no more than a server error; so another client asks who has it.
  private static func isTaken(_ name: String, server: String?) -> Bool {
    var status: Int32 = 0
    let options = Int32(bitPattern: JackNoStartServer.rawValue)
    guard let handle = cjack_client_open("auscult-look", options, &status, server) else { return false }
    defer { jack_client_close(handle) }
    guard let owner = jack_get_uuid_for_client_name(handle, name) else { return false }
    jack_free(owner)
    return true
  }

  /// Takes libjack's messages off stderr, once: what matters of them goes into our own.
  private static let collectMessages: Void = {
    jack_set_error_function { text in
      guard let text else { return }
      let line = String(cString: text)
      words.withLock { words in
        words.append(line)
        if words.count > 8 { words.removeFirst() }
      }
    }
    jack_set_info_function { _ in }
  }()
}
