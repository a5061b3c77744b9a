/// Two ports to connect, by their full names.
public struct Connection: Hashable, Sendable, CustomStringConvertible {
  public var source: String
  public var destination: String

  public init(source: String, destination: String) {
    self.source = source
    self.destination = destination
  }

  public var description: String { "\(source) -> \(destination)" }
}

/// Decides which ports to connect, from the `connect` texts, the existing ports and the existing connections. Also reports
/// what has changed since the last look. Does not call JACK.
///
/// - If each channel has its own text, every matching port is connected to that channel.
/// - Otherwise the matches of all texts form one list, and each goes to the next free channel. A channel keeps its port
///   when others appear. While the port is away, another port gets the channel only if no other channel is free.
/// - A renamed port keeps its channel. If the channel has its own text, it only does so until a port appears that the text
///   asks for.
/// - A wanted connection that is lost is made again: at once if the port was away, and after a growing pause if both ports
///   exist, so that the driver does not fight with another program over a connection.
package struct ConnectionPlan {
  struct Entry {
    var plan: PortPlan
    /// Full name of the own port.
    var name: String
    var patterns: [PortPattern]
  }

  /// The time of a look.
  package struct Moment: Sendable, Equatable {
    /// Frame position of the next cycle.
    package var position: Int64
    /// Nanoseconds since the Unix epoch.
    package var wall: Int64
    /// Seconds of a monotonic clock.
    package var seconds: Double

    package init(position: Int64, wall: Int64, seconds: Double) {
      self.position = position
      self.wall = wall
      self.seconds = seconds
    }
  }

  /// The ports of other clients, in JACK's order.
  package struct Ports: Sendable, Equatable {
    /// JACK's output ports, which give samples, and input ports, which take them.
    package var outputs: [PortName]
    package var inputs: [PortName]

    package init(outputs: [PortName], inputs: [PortName]) {
      self.outputs = outputs
      self.inputs = inputs
    }

    func peers(_ direction: PortPlan.Direction) -> [PortName] { direction == .input ? outputs : inputs }
  }

  let client: String
  var entries: [Entry]
  /// Present and lost connections of own ports.
  var links: [Connection: Link] = [:]
  /// Connections that the driver made; a person may have disconnected them since.
  var made: Set<Connection> = []
  /// Failed attempts to connect: how often, and when to try again.
  var failures: [Connection: (count: Int, next: Double)] = [:]
  /// The port that a channel got from the shared list, by the own port's name.
  var assigned: [String: String] = [:]
  /// Ports of other clients at the last look, to detect new ones.
  var seen: Set<String> = []
  /// Connections whose other port was renamed; JACK keeps them.
  var renamed: Set<Connection> = []
  /// Inputs that several ports are connected to, by name.
  var mixed: Set<String> = []

  /// - Throws: `JACKError.badPattern`.
  package init(client: String, plans: [PortPlan]) throws(JACKError) {
    self.client = client
    entries = try Self.entries(client, plans)
  }

  static func entries(_ client: String, _ plans: [PortPlan]) throws(JACKError) -> [Entry] {
    var entries: [Entry] = []
    for plan in plans {
      var patterns: [PortPattern] = []
      for text in plan.patterns { patterns.append(try PortPattern(text, node: plan.node)) }
      entries.append(Entry(plan: plan, name: "\(client):\(plan.name)", patterns: patterns))
    }
    return entries
  }

  // MARK: Changes

  /// Connections to make and to break now.
  package struct Changes: Equatable {
    package var make: [Connection] = []
    package var undo: [Connection] = []
  }

  /// - Parameter connected: all connections of own ports.
  package mutating func changes(
    _ ports: Ports, connected: Set<Connection>, at now: Moment
  ) -> Changes {
    var changes = Changes()
    var missing: Set<Connection> = []
    for entry in entries {
      let peers = peers(of: entry, ports)
      for connection in peers.map({ connect(entry, $0) })
      where !connected.contains(connection) && missing.insert(connection).inserted {
        if isDue(connection, now.seconds) { changes.make.append(connection) }
      }
      changes.undo += superseded(entry, by: peers, ports).filter { connected.contains($0) }
    }
    failures = failures.filter { missing.contains($0.key) }
    for connection in links.keys where !missing.contains(connection) { links[connection]?.retryAt = nil }
    return changes
  }

  /// The ports that an entry should be connected to.
  mutating func peers(of entry: Entry, _ ports: Ports) -> [String] {
    let candidates = ports.peers(entry.plan.direction)
    return entry.plan.sharesMatches ? share(entry, candidates) : entry.patterns.flatMap { $0.matches(in: candidates) }
  }

  /// Connections to break, because a better port appeared: connections that matched a text as an expression, when a port
  /// has that text as its name; and connections to a renamed port, when a port appears that a text asks for.
  private mutating func superseded(_ entry: Entry, by peers: [String], _ ports: Ports) -> [Connection] {
    let candidates = ports.peers(entry.plan.direction)
    let going = made.filter { connection in
      let peer = peer(of: connection, entry)
      guard touches(connection, entry), !peers.contains(peer), let port = candidates.first(where: { $0.name == peer })
      else { return false }
      return entry.patterns.contains { $0.isMatched(port) } || renamed.contains(connection) && !peers.isEmpty
    }
    made.subtract(going)
    return going.sorted { ($0.source, $0.destination) < ($1.source, $1.destination) }
  }

  /// Notes the result of an attempt to connect. A failed attempt is repeated, soon at first, because a client registers its
  /// ports before it is active.
  package mutating func note(_ connection: Connection, succeeded: Bool, at now: Moment) {
    if succeeded {
      made.insert(connection)
      failures[connection] = nil
    } else {
      let count = (failures[connection]?.count ?? 0) + 1
      failures[connection] = (count, now.seconds + (count < 20 ? 0.1 : 1))
    }
  }

  /// Whether a look is due without an event.
  package func isRetryDue(_ seconds: Double) -> Bool {
    failures.values.contains { $0.next <= seconds }
      || links.contains { $1.isRetryDue(seconds) && (failures[$0]?.next ?? 0) <= seconds }
  }

  private func isDue(_ connection: Connection, _ seconds: Double) -> Bool {
    (failures[connection]?.next ?? 0) <= seconds && (links[connection]?.retryAt ?? 0) <= seconds
  }

  private mutating func share(_ entry: Entry, _ candidates: [PortName]) -> [String] {
    if let port = assigned[entry.name], candidates.contains(where: { $0.name == port }) { return [port] }
    let row = entries.filter { $0.plan.node == entry.plan.node && $0.plan.direction == entry.plan.direction }
    // A port that is away may come back, so new ports first get channels that never had one.
    if assigned[entry.name] != nil, row.contains(where: { assigned[$0.name] == nil }) { return [] }
    let taken = row.compactMap { assigned[$0.name] }
    let matches = entry.patterns.flatMap { $0.matches(in: candidates) }
    guard let port = matches.first(where: { !taken.contains($0) }) else { return [] }
    assigned[entry.name] = port
    return [port]
  }

  func connect(_ entry: Entry, _ peer: String) -> Connection {
    entry.plan.direction == .input
      ? Connection(source: peer, destination: entry.name) : Connection(source: entry.name, destination: peer)
  }

  func touches(_ connection: Connection, _ entry: Entry) -> Bool {
    (entry.plan.direction == .input ? connection.destination : connection.source) == entry.name
  }

  func peer(of connection: Connection, _ entry: Entry) -> String {
    entry.plan.direction == .input ? connection.source : connection.destination
  }
}
