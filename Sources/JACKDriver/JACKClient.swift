import CJACK
import Glibc

/// A client of a JACK server: its name, its ports, and its life (open, active, closed).
///
/// Thread: control. The process and notification callbacks get plain pointers that outlive `close`.
public final class JACKClient {
  public let name: String
  /// nil: JACK's default server.
  public let server: String?
  /// Valid until `close`.
  package let handle: OpaquePointer
  private(set) var isActive = false
  private(set) var isClosed = false
  /// `close` did not return: callbacks may still run.
  private(set) var isLeftBehind = false
  private var namedPorts: [jack_uuid_t] = []

  /// Opens a client under exactly this name.
  public init(name: String, server: String? = nil) throws(JACKError) {
    try Self.check(name)
    guard !ServerRegistry.has(name) else { throw .nameOfServer(name) }
    handle = try LibJACK.open(name: name, server: server)
    self.name = name
    self.server = server
  }

  deinit {
    close()
  }

  /// Frames per second.
  public var rate: Int { Int(jack_get_sample_rate(handle)) }
  /// Frames in a cycle.
  public var period: Int { Int(jack_get_buffer_size(handle)) }

  /// Registers an audio port under a short name.
  package func register(_ port: String, _ direction: PortPlan.Direction) throws(JACKError) -> OpaquePointer {
    let limit = Int(jack_port_name_size()) - 1
    guard "\(name):\(port)".utf8.count <= limit else { throw .portNameTooLong("\(name):\(port)", limit: limit) }
    let flags = direction == .input ? JackPortIsInput : JackPortIsOutput
    let action = "register the port '\(port)'"
    let registered = try ask(action) {
      LibJACK.Handle(jack_port_register($0, port, JACK_DEFAULT_AUDIO_TYPE, UInt(flags.rawValue), 0))
    }
    guard let pointer = registered.pointer else {
      throw .refused(action: action, detail: LibJACK.takeMessages().joined(separator: "; "))
    }
    return pointer
  }

  /// A port's name without the client's.
  package func shortName(of port: OpaquePointer) -> String { String(cString: jack_port_short_name(port)) }

  /// Gives a port another short name; its connections stay.
  package func rename(_ port: OpaquePointer, _ name: String) throws(JACKError) {
    let (action, port) = ("rename a port to '\(name)'", LibJACK.Handle(port))
    guard try ask(action, { jack_port_rename($0, port.pointer, name) }) == 0 else {
      throw .refused(action: action, detail: LibJACK.takeMessages().joined(separator: "; "))
    }
  }

  /// Unregisters a port, with its connections. No cycle may use it any more.
  package func unregister(_ port: OpaquePointer) {
    let (subject, port) = (jack_port_uuid(port), LibJACK.Handle(port))
    let index = namedPorts.firstIndex(of: subject)
    if let index { namedPorts.remove(at: index) }
    _ = try? ask("unregister a port") {
      if index != nil { jack_remove_property($0, subject, cjack_pretty_name_key()) }
      jack_port_unregister($0, port.pointer)
    }
    _ = LibJACK.takeMessages()
  }

  /// Sets the name that patch bays show. JACK keeps such properties after the client's end, so `close` removes them.
  ///
  /// - Returns: whether the server supports properties; they are optional.
  @discardableResult
  package func setPrettyName(_ text: String, of port: OpaquePointer) -> Bool {
    let subject = jack_port_uuid(port)
    let status = try? ask("name a port") {
      jack_set_property($0, subject, cjack_pretty_name_key(), text, "text/plain")
    }
    guard status == 0 else { return false }
    if !namedPorts.contains(subject) { namedPorts.append(subject) }
    return true
  }

  /// Starts the cycles. All callbacks must be set before.
  package func activate() throws(JACKError) {
    precondition(!isActive && !isClosed, "a client is activated once")
    let action = "start the client '\(name)'"
    guard try ask(action, { jack_activate($0) }) == 0 else {
      throw .refused(action: action, detail: LibJACK.takeMessages().joined(separator: "; "))
    }
    isActive = true
  }

  /// Ends the cycles and leaves the server. Afterwards no callback runs, unless `isLeftBehind`. Repeated calls do nothing.
  ///
  /// - Parameter isServerGone: the server shut down, so the client must send it no requests.
  package func close(isServerGone: Bool = false) {
    if isClosed { return }
    isClosed = true
    let requests = LeavingRequests(handle: handle, isActive: isActive, namedPorts: namedPorts)
    isActive = false
    isLeftBehind = !LibJACK.close(handle) { if !isServerGone { requests.send() } }
  }

  /// The requests to the server before a client leaves.
  private struct LeavingRequests: @unchecked Sendable {
    let handle: OpaquePointer
    let isActive: Bool
    let namedPorts: [jack_uuid_t]

    func send() {
      if isActive { jack_deactivate(handle) }
      for subject in namedPorts { jack_remove_property(handle, subject, cjack_pretty_name_key()) }
    }
  }

  /// All audio ports of other clients that give (`JackPortIsOutput`) or take samples, in JACK's order.
  package func ports(_ direction: JackPortFlags) -> [PortName] {
    let names = takeTexts(jack_get_ports(handle, nil, "^\(JACK_DEFAULT_AUDIO_TYPE)$", UInt(direction.rawValue)))
    return names.filter { !$0.hasPrefix("\(name):") }.map { PortName($0, aliases: aliases(of: $0)) }
  }

  /// Aliases of a port; a port that is gone has none.
  private func aliases(of port: String) -> [String] {
    guard let pointer = jack_port_by_name(handle, port) else { return [] }
    let room = Int(jack_port_name_size())
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 2 * room) { bytes in
      bytes.initialize(repeating: 0)
      let texts = [bytes.baseAddress, bytes.baseAddress.map { $0 + room }]
      let count = texts.withUnsafeBufferPointer {
        jack_port_get_aliases(pointer, UnsafeMutablePointer(mutating: $0.baseAddress))
      }
      return texts.prefix(max(0, min(2, Int(count)))).compactMap { $0.map { String(cString: $0) } }.filter {
        !$0.isEmpty
      }
    }
  }

  /// Full names of the ports that a port is connected to, of any client.
  package func peers(of port: String) -> [String] {
    guard let pointer = jack_port_by_name(handle, port) else { return [] }
    return takeTexts(jack_port_get_all_connections(handle, pointer))
  }

  /// The texts of a list from JACK. Frees the list.
  private func takeTexts(_ list: UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> [String] {
    guard let list else { return [] }
    defer { jack_free(list) }
    var texts: [String] = []
    while let text = list[texts.count] { texts.append(String(cString: text)) }
    return texts
  }

  /// Connects two ports by full name.
  ///
  /// - Returns: whether they are connected, also if they were before; false while the other client is not active yet.
  package func connect(_ connection: Connection) -> Bool {
    let status = try? ask("connect \(connection)") { jack_connect($0, connection.source, connection.destination) }
    _ = LibJACK.takeMessages()
    return status == 0 || status == EEXIST
  }

  /// Disconnects two ports by full name, if they are connected.
  package func disconnect(_ connection: Connection) {
    _ = try? ask("disconnect \(connection)") { jack_disconnect($0, connection.source, connection.destination) }
    _ = LibJACK.takeMessages()
  }

  /// Makes JACK compute the latencies of all ports again.
  package func recomputeLatencies() {
    _ = try? ask("compute latencies") { jack_recompute_total_latencies($0) }
  }

  package func endFreewheel() {
    _ = try? ask("end freewheel") { jack_set_freewheel($0, 0) }
  }

  /// Sends a request to the server; `run` ends with an error if there is no answer.
  @discardableResult
  private func ask<Answer: Sendable>(
    _ action: String, _ body: @escaping @Sendable (OpaquePointer?) -> Answer
  ) throws(JACKError) -> Answer {
    let client = LibJACK.Handle(handle)
    guard let answer = LibJACKCall.perform(action, { body(client.pointer) }) else {
      throw .silent(action: LibJACKCall.leftBehind ?? action)
    }
    return answer
  }

  private static func check(_ name: String) throws(JACKError) {
    let limit = Int(jack_client_name_size()) - 1
    if name.isEmpty { throw .badName(name, reason: "it is empty") }
    if name.utf8.count > limit { throw .badName(name, reason: "it is longer than \(limit) bytes") }
    if name.contains(":") || name.contains("/") { throw .badName(name, reason: "it has a colon or a slash") }
  }
}
