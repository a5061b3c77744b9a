import CJACK
import Glibc
import Synchronization

/// The process-wide state of libjack: the server that the process uses, and the messages.
enum LibJACK {
  private struct Attachment {
    var server = ""
    var clients = 0
  }

  private static let attachment = Mutex(Attachment())
  private static let words = Mutex<[String]>([])

  /// Opens a client of a running server. Never starts a server.
  ///
  /// libjack maps one server's memory for all clients of a process, so a second server is refused.
  ///
  /// - Throws: `silent` for a server that does not answer, `damagedProperties`, and the server's refusals.
  static func open(name: String, server: String?) throws(JACKError) -> OpaquePointer {
    let key = server ?? defaultServer
    // JACK_SERVER_NAME_SIZE is 256, with the final zero; libjack also copies longer names.
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

  /// Closes a client from `open`.
  ///
  /// - Parameter before: called first, on the same helper thread, for requests to the server.
  /// - Returns: false if the call did not return: then the memory of the client's callbacks must stay.
  static func close(_ handle: OpaquePointer, before: @escaping @Sendable () -> Void = {}) -> Bool {
    let client = Handle(handle)
    let isDone: Void? = LibJACKCall.perform("close a client") {
      before()
      jack_client_close(client.pointer)
    }
    guard isDone != nil else { return false }
    detach()
    return true
  }

  /// A client, for calls on other threads; libjack accepts calls from any thread.
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

  /// libjack's last messages, newest last. Reading them clears them.
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

  /// jackd2 answers a taken name with only a server error, so another client asks whether the name is taken.
  private static func isTaken(_ name: String, server: String?) throws(JACKError) -> Bool {
    let answer = try call("auscult-look", server, options: JackNoStartServer.rawValue)
    guard let handle = answer.handle else { return false }
    let look = Handle(handle)
    let action = "look up the name '\(name)'"
    let isTaken = LibJACKCall.perform(action) {
      let owner = jack_get_uuid_for_client_name(look.pointer, name)
      if let owner { jack_free(owner) }
      jack_client_close(look.pointer)
      return owner != nil
    }
    guard let isTaken else { throw .silent(action: action) }
    return isTaken
  }

  /// Redirects libjack's messages away from stderr, once: the driver's own messages contain the relevant ones.
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
