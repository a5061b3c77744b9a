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
  private var namedPorts: [jack_uuid_t] = []

  /// Opens a client under exactly this name.
  public init(name: String, server: String? = nil) throws(JACKError) {
    try Self.check(name)
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
    guard let registered = jack_port_register(handle, port, JACK_DEFAULT_AUDIO_TYPE, UInt(flags.rawValue), 0) else {
      throw .refused(action: "register the port '\(port)'", detail: LibJACK.takeMessages().joined(separator: "; "))
    }
    return registered
  }

  /// Gives a port another short name; its connections stay.
  package func rename(_ port: OpaquePointer, _ name: String) throws(JACKError) {
    guard jack_port_rename(handle, port, name) == 0 else {
      throw .refused(
        action: "rename a port to '\(name)'", detail: LibJACK.takeMessages().joined(separator: "; "))
    }
  }

  /// Takes a port away, with its connections. No cycle uses it any more.
  package func unregister(_ port: OpaquePointer) {
    let subject = jack_port_uuid(port)
    if let index = namedPorts.firstIndex(of: subject) {
      jack_remove_property(handle, subject, cjack_pretty_name_key())
      namedPorts.remove(at: index)
    }
    jack_port_unregister(handle, port)
    _ = LibJACK.takeMessages()
  }

  /// Gives a port the name that patch bays show. JACK keeps such properties beyond the client's end, so `close` takes
  /// them back.
  ///
  /// - Returns: whether the server takes properties; it works without.
  @discardableResult
  package func setPrettyName(_ text: String, of port: OpaquePointer) -> Bool {
    let subject = jack_port_uuid(port)
    guard jack_set_property(handle, subject, cjack_pretty_name_key(), text, "text/plain") == 0 else { return false }
    if !namedPorts.contains(subject) { namedPorts.append(subject) }
    return true
  }

  /// Starts the cycles. All callbacks are set by now.
  package func activate() throws(JACKError) {
    precondition(!isActive && !isClosed, "a client is activated once")
    guard jack_activate(handle) == 0 else {
      throw .refused(action: "start the client '\(name)'", detail: LibJACK.takeMessages().joined(separator: "; "))
    }
    isActive = true
  }

  /// Ends the cycles and leaves the server: after it no callback runs any more. Again does nothing.
  ///
  /// - Parameter isServerGone: the server shut down, so that it must not be asked any more.
  package func close(isServerGone: Bool = false) {
    if isClosed { return }
    isClosed = true
    if !isServerGone {
      if isActive { jack_deactivate(handle) }
      for subject in namedPorts { jack_remove_property(handle, subject, cjack_pretty_name_key()) }
    }
    isActive = false
    LibJACK.close(handle)
  }

  /// Full names of all audio ports that give (`JackPortIsOutput`) or take samples, in JACK's order, ours left out.
  package func portNames(_ direction: JackPortFlags) -> [String] {
    guard let list = jack_get_ports(handle, nil, "^\(JACK_DEFAULT_AUDIO_TYPE)$", UInt(direction.rawValue)) else {
      return []
    }
    defer { jack_free(list) }
    var names: [String] = []
    var next = list
    while let text = next.pointee {
      names.append(String(cString: text))
      next += 1
    }
    return names.filter { !$0.hasPrefix("\(name):") }
  }

  /// Connects two ports by full name. Both being connected already is as good.
  ///
  /// - Returns: whether they are connected; false while the other client is not active yet.
  package func connect(_ connection: Connection) -> Bool {
    let status = jack_connect(handle, connection.source, connection.destination)
    _ = LibJACK.takeMessages()
    return status == 0 || status == EEXIST
  }

  /// Disconnects two ports by full name, if they are connected.
  package func disconnect(_ connection: Connection) {
    jack_disconnect(handle, connection.source, connection.destination)
    _ = LibJACK.takeMessages()
  }

  private static func check(_ name: String) throws(JACKError) {
    let limit = Int(jack_client_name_size()) - 1
    if name.isEmpty { throw .badName(name, reason: "it is empty") }
    if name.utf8.count > limit { throw .badName(name, reason: "it is longer than \(limit) bytes") }
    if name.contains(":") || name.contains("/") { throw .badName(name, reason: "it has a colon or a slash") }
  }
}
