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

/// Decides which ports to connect, from the `connect` texts and the ports that there are. No JACK in it.
///
/// - A text of its own for each channel: every port that it matches is connected to that channel.
/// - Otherwise all texts' matches form one row, and each goes to the next channel that is free. A channel keeps its
///   port when others appear, and is free again when it disappears.
/// - A connection is made once: what a person disconnects stays so until the port appears anew.
package struct ConnectionPlan {
  struct Entry {
    var plan: PortPlan
    /// Full name of our own port.
    var name: String
    var patterns: [PortPattern]
  }

  let client: String
  var entries: [Entry]
  /// What was connected, and is not to be connected again while both ports stay.
  var made: Set<Connection> = []
  /// The port that a channel got of a shared row, by our own port's name.
  var assigned: [String: String] = [:]

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

  /// Ports of ours that have `connect` texts and no port for them yet: (our port's name, the texts).
  package var waiting: [(port: String, patterns: [String])] {
    entries.filter { entry in !entry.patterns.isEmpty && !made.contains { touches($0, entry) } }
      .map { ($0.name, $0.plan.patterns) }
  }

  /// The connections to make now.
  ///
  /// - Parameters:
  ///   - outputs: names of all audio ports that give samples, JACK's order, our own left out.
  ///   - inputs: names of all that take samples, likewise.
  package mutating func missing(outputs: [String], inputs: [String]) -> [Connection] {
    forget(allBut: Set(outputs), Set(inputs))
    var wanted: [Connection] = []
    for entry in entries {
      for peer in peers(of: entry, outputs: outputs, inputs: inputs) {
        let connection = connect(entry, peer)
        if !made.contains(connection) && !wanted.contains(connection) { wanted.append(connection) }
      }
    }
    return wanted
  }

  /// What an entry is to be connected to.
  mutating func peers(of entry: Entry, outputs: [String], inputs: [String]) -> [String] {
    let candidates = entry.plan.direction == .input ? outputs : inputs
    return entry.plan.sharesMatches ? share(entry, candidates) : entry.patterns.flatMap { $0.matches(in: candidates) }
  }

  /// Notes that a connection stands. One that failed is asked for again.
  package mutating func note(_ connection: Connection) {
    made.insert(connection)
  }

  /// Forgets all: the server is another one.
  package mutating func reset() {
    made = []
    assigned = [:]
  }

  private mutating func forget(allBut outputs: Set<String>, _ inputs: Set<String>) {
    for entry in entries {
      let present = entry.plan.direction == .input ? outputs : inputs
      made = made.filter { !touches($0, entry) || present.contains(peer(of: $0, entry)) }
      if let port = assigned[entry.name], !present.contains(port) { assigned[entry.name] = nil }
    }
  }

  private mutating func share(_ entry: Entry, _ candidates: [String]) -> [String] {
    if let port = assigned[entry.name] { return [port] }
    let taken = entries.filter { $0.plan.node == entry.plan.node && $0.plan.direction == entry.plan.direction }
      .compactMap { assigned[$0.name] }
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
