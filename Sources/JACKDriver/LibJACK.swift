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
  ///
  /// - Throws: `silent` for a server that does not answer, `damagedProperties`, and what the server says.
  static func open(name: String, server: String?) throws(JACKError) -> OpaquePointer {
    let key = server ?? defaultServer
    // JACK_SERVER_NAME_SIZE is 256, with the end; libjack copies longer ones all the same.
    guard key.utf8.count <= 255 else { throw .serverNameTooLong(limit: 255) }
    let other = attachment.withLock { attachment -> String? in
      if attachment.clients > 0 && attachment.server != key { return attachment.server }
      attachment.server = key
      attachment.clients += 1
      return nil
    }
    if let other { throw .otherServer(present: other, asked: key) }
    do throws(JACKError) {
      return try openAnswering(name, server)
    } catch {
      detach()
      throw error
    }
  }

  private static func openAnswering(_ name: String, _ server: String?) throws(JACKError) -> OpaquePointer {
    try PropertyDatabase.check()
    _ = collectMessages
    _ = takeMessages()
    let answer = try call(name, server, options: JackNoStartServer.rawValue | JackUseExactName.rawValue)
    guard let handle = answer.handle else { throw try error(status: answer.status, name: name, server: server) }
    return handle
  }

  /// Closes a client that `open` gave.
  ///
  /// - Parameter before: what is to be done first, on the same other thread, because it asks the server.
  /// - Returns: false when it does not come back: the client is left behind, and what its callbacks use must stay.
  static func close(_ handle: OpaquePointer, before: @escaping @Sendable () -> Void = {}) -> Bool {
    let client = Handle(handle)
    let isDone: Void? = LibJACKCall.perform("let a client go") {
      before()
      jack_client_close(client.pointer)
    }
    guard isDone != nil else { return false }
    detach()
    return true
  }

  /// A client, for calls on other threads: libjack takes them from any.
  struct Handle: @unchecked Sendable {
    let pointer: OpaquePointer?
    init(_ pointer: OpaquePointer?) { self.pointer = pointer }
  }

  private static func call(
    _ name: String, _ server: String?, options: UInt32
  ) throws(JACKError) -> (handle: OpaquePointer?, status: UInt32) {
    let action = "open the client '\(name)'"
    let answer = LibJACKCall.perform(action) {
      var status: Int32 = 0
      let handle = cjack_client_open(name, Int32(bitPattern: options), &status, server)
      return (handle: Handle(handle), status: UInt32(bitPattern: status))
    } late: {
      if let pointer = $0.handle.pointer { jack_client_close(pointer) }
    }
    guard let answer else { throw .silent(action: LibJACKCall.leftBehind ?? action) }
    return (answer.handle.pointer, answer.status)
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

  private static func error(status: UInt32, name: String, server: String?) throws(JACKError) -> JACKError {
    func has(_ bit: JackStatus) -> Bool { status & bit.rawValue != 0 }
    if has(JackNameNotUnique) { return .nameTaken(name) }
    if has(JackVersionError) { return .versionMismatch }
    if has(JackServerFailed) { return noServer(server) }
    let words = takeMessages().joined(separator: "; ")
    if has(JackServerError), try isTaken(name, server: server) { return .nameTaken(name) }
    return .refused(action: "open the client '\(name)'", detail: words.isEmpty ? "status \(status)" : words)
  }

  private static func noServer(_ name: String?) -> JACKError {
    .noServer(name: name ?? defaultServer, others: ServerRegistry.others(than: name))
  }

  /// jackd2 answers a taken name with no more than a server error; so another client asks who has it.
  private static func isTaken(_ name: String, server: String?) throws(JACKError) -> Bool {
    let answer = try call("auscult-look", server, options: JackNoStartServer.rawValue)
    guard let handle = answer.handle else { return false }
    let look = Handle(handle)
    let action = "say who has the name '\(name)'"
    let isTaken = LibJACKCall.perform(action) {
      let owner = jack_get_uuid_for_client_name(look.pointer, name)
      if let owner { jack_free(owner) }
      jack_client_close(look.pointer)
      return owner != nil
    }
    guard let isTaken else { throw .silent(action: action) }
    return isTaken
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
