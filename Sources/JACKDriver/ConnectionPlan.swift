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

/// Decides which ports to connect, from the `connect` texts, the ports that there are and what is connected; and tells
/// what has changed since it looked last. No JACK in it.
///
/// - A text of its own for each channel: every port that it matches is connected to that channel.
/// - Otherwise all texts' matches form one row, and each goes to the next channel that is free. A channel keeps its
///   port when others appear; while it is away, another one gets the channel only if no other channel is free.
/// - A port that gets another name keeps its channel; where the channel has a text of its own, until one is there that
///   the text asks for.
/// - What a text asks for is connected again whenever it is not: at once when the port was away, and after a pause that
///   grows when both ports are there, so that nobody fights over a cable.
package struct ConnectionPlan {
  struct Entry {
    var plan: PortPlan
    /// Full name of our own port.
    var name: String
    var patterns: [PortPattern]
  }

  /// When something was seen.
  package struct Moment: Sendable, Equatable {
    /// Frame position of the next cycle.
    package var position: Int64
    /// Nanoseconds since the Unix epoch.
    package var wall: Int64
    /// Of a clock that never steps.
    package var seconds: Double

    package init(position: Int64, wall: Int64, seconds: Double) {
      self.position = position
      self.wall = wall
      self.seconds = seconds
    }
  }

  /// The ports of other clients that there are, in JACK's order.
  package struct Ports: Sendable, Equatable {
    /// Those that give samples, and those that take them.
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
  /// What is connected to our ports, or was.
  var links: [Connection: Link] = [:]
  /// What we have connected; a person may have disconnected it since.
  var made: Set<Connection> = []
  /// What could not be connected: how often, and when to try again.
  var failures: [Connection: (count: Int, next: Double)] = [:]
  /// The port that a channel got of a shared row, by our own port's name.
  var assigned: [String: String] = [:]
  /// Ports of other clients at the last look, to tell those that are new.
  var seen: Set<String> = []
  /// Connections of ours whose other port has got another name, which JACK keeps.
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

  // MARK: What to do

  /// What is to be connected and disconnected now.
  package struct Changes: Equatable {
    package var make: [Connection] = []
    package var undo: [Connection] = []
  }

  /// - Parameter connected: all connections of our ports.
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

  /// What an entry is to be connected to.
  mutating func peers(of entry: Entry, _ ports: Ports) -> [String] {
    let candidates = ports.peers(entry.plan.direction)
    return entry.plan.sharesMatches ? share(entry, candidates) : entry.patterns.flatMap { $0.matches(in: candidates) }
  }

  /// Connections of ours that a text asked for as an expression, before the port came that has the text as its name; and
  /// those whose other port has another name now, where there is one that is asked for.
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

  /// Notes what came of an attempt to connect. One that failed is tried again: soon at first, for a client's ports come
  /// before it is active.
  package mutating func note(_ connection: Connection, succeeded: Bool, at now: Moment) {
    if succeeded {
      made.insert(connection)
      failures[connection] = nil
    } else {
      let count = (failures[connection]?.count ?? 0) + 1
      failures[connection] = (count, now.seconds + (count < 20 ? 0.1 : 1))
    }
  }

  /// A look is due although nothing has happened.
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
    // A port that is away may come back: others have the channels first that never had one.
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
