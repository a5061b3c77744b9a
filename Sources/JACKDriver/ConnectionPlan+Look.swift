/// The state of connections, and its changes.
extension ConnectionPlan {
  /// A connection of an own port that was seen at least once.
  struct Link {
    var isUp: Bool
    /// Since when it is up or down.
    var since: Moment
    /// How often it was lost while both ports existed, with less than a minute between losses.
    var pulls = 0
    /// When to connect again, if a text asks for it; nil: at once.
    var retryAt: Double?

    func isRetryDue(_ seconds: Double) -> Bool { !isUp && (retryAt.map { $0 <= seconds } ?? false) }
  }

  /// A change of a connection.
  package struct Change: Equatable {
    package enum Kind: Sendable, Equatable {
      case connected
      /// - `isGone`: the other port is gone.
      case lost(isGone: Bool)
      case regained
    }

    package var kind: Kind
    package var connection: Connection
    /// The own port.
    package var plan: PortPlan
    package var peer: String
    /// When the connection was lost; for `regained`.
    package var lostAt: Moment?
    /// A `connect` text asks for it.
    package var isWanted: Bool
  }

  /// The shortest pause, in seconds, before a lost connection between existing ports is made again. The pause doubles with
  /// each further loss, up to the longest.
  private static let pause = 0.5
  private static let longestPause = 30.0
  private static let peace = 60.0
  /// Most lost connections to remember.
  private static let mostLost = 256

  /// Compares the present connections with the last ones.
  ///
  /// - Parameter connected: all connections of own ports.
  package mutating func observe(_ ports: Ports, connected: Set<Connection>, at now: Moment) -> [Change] {
    var changes: [Change] = []
    followNames(ports, connected)
    for entry in entries {
      let peers = Set(ports.peers(entry.plan.direction).map(\.name))
      for connection in connected.union(links.keys).filter({ touches($0, entry) }).sorted(by: isBefore) {
        let isGone = !peers.contains(peer(of: connection, entry))
        if let kind = note(connection, isUp: connected.contains(connection), isGone: isGone, now) {
          changes.append(change(kind.kind, connection, entry, lostAt: kind.lostAt))
        }
      }
    }
    forgetOldest()
    return changes
  }

  /// A renamed port keeps its channel: if one connection disappears together with its port, and at the same look one to a
  /// new port appears, it is the same port with a new name.
  private mutating func followNames(_ ports: Ports, _ connected: Set<Connection>) {
    renamed.formIntersection(connected)
    for entry in entries {
      let peers = Set(ports.peers(entry.plan.direction).map(\.name))
      let gone = made.filter {
        touches($0, entry) && links[$0]?.isUp ?? false && !connected.contains($0)
          && !peers.contains(peer(of: $0, entry))
      }
      let come = connected.filter {
        touches($0, entry) && links[$0]?.isUp != true && !seen.contains(peer(of: $0, entry))
      }
      guard gone.count == 1, come.count == 1, let before = gone.first, let after = come.first else { continue }
      made.remove(before)
      made.insert(after)
      renamed.insert(after)
      if assigned[entry.name] == peer(of: before, entry) { assigned[entry.name] = peer(of: after, entry) }
    }
    seen = Set((ports.outputs + ports.inputs).map(\.name))
  }

  /// Inputs with more than one connected port, which had fewer at the last look, and the ports' names. Their channel
  /// receives the sum.
  package mutating func newlyMixed(_ connected: Set<Connection>) -> [(port: String, peers: [String])] {
    let inputs = entries.filter { $0.plan.direction == .input }.map { entry in
      (port: entry.name, peers: connected.filter { touches($0, entry) }.map(\.source).sorted())
    }.filter { $0.peers.count > 1 }
    defer { mixed = Set(inputs.map(\.port)) }
    return inputs.filter { !mixed.contains($0.port) }
  }

  /// The server is gone, and all connections with it. Ports that come back get their previous channels.
  package mutating func loseAll(at now: Moment) -> [Change] {
    failures = [:]
    made = []
    return observe(Ports(outputs: [], inputs: []), connected: [], at: now)
  }

  /// The driver has broken a connection itself.
  package mutating func forget(_ connection: Connection) {
    links[connection] = nil
    made.remove(connection)
  }

  /// Sets the frame position that the records give for the last change of a connection.
  package mutating func place(_ connection: Connection, at position: Int64) {
    links[connection]?.since.position = position
  }

  private mutating func note(
    _ connection: Connection, isUp: Bool, isGone: Bool, _ now: Moment
  ) -> (kind: Change.Kind, lostAt: Moment?)? {
    guard var link = links[connection] else {
      if isUp { links[connection] = Link(isUp: true, since: now) }
      return isUp ? (.connected, nil) : nil
    }
    if !link.isUp && isGone { links[connection]?.retryAt = nil }
    guard link.isUp != isUp else { return nil }
    let before = link.since
    link.isUp = isUp
    link.since = now
    link.retryAt = nil
    if !isUp && !isGone {
      link.pulls = now.seconds - before.seconds > Self.peace ? 1 : min(link.pulls + 1, 16)
      link.retryAt = now.seconds + min(Self.longestPause, Self.pause * Double(1 << (link.pulls - 1)))
    }
    links[connection] = link
    return isUp ? (.regained, before) : (.lost(isGone: isGone), nil)
  }

  private func change(_ kind: Change.Kind, _ connection: Connection, _ entry: Entry, lostAt: Moment?) -> Change {
    let peer = peer(of: connection, entry)
    let isWanted =
      entry.plan.sharesMatches
      ? assigned[entry.name] == peer : made.contains(connection) || entry.patterns.contains { $0.text == peer }
    return Change(
      kind: kind, connection: connection, plan: entry.plan, peer: peer, lostAt: lostAt, isWanted: isWanted)
  }

  private mutating func forgetOldest() {
    let lost = links.filter { !$0.value.isUp }
    guard lost.count > Self.mostLost else { return }
    for (connection, _) in lost.sorted(by: { $0.value.since.seconds < $1.value.since.seconds })
      .prefix(lost.count - Self.mostLost)
    {
      links[connection] = nil
    }
  }

  private func isBefore(_ one: Connection, _ other: Connection) -> Bool {
    (one.source, one.destination) < (other.source, other.destination)
  }

  // MARK: Reports

  /// Own ports with `connect` texts, but without a connection that these ask for.
  package mutating func waiting(_ ports: Ports) -> [Waiting] {
    var waiting: [Waiting] = []
    for entry in entries where !entry.patterns.isEmpty {
      let wanted = peers(of: entry, ports)
      guard !wanted.contains(where: { links[connect(entry, $0)]?.isUp ?? false }) else { continue }
      waiting.append(
        Waiting(entry.name, entry.patterns, among: wanted.isEmpty ? ports.peers(entry.plan.direction) : nil))
    }
    return waiting
  }

  /// The present state of own ports.
  ///
  /// - Parameter began: `since` of a port that was never connected.
  package func states(since began: Moment) -> [PortState] {
    entries.map { entry in
      let links = links.filter { touches($0.key, entry) }
      let peers = links.filter(\.value.isUp).sorted { isBefore($0.key, $1.key) }.map {
        PortState.Peer(port: peer(of: $0.key, entry), since: $0.value.since.wall, position: $0.value.since.position)
      }
      let lost = links.values.filter { !$0.isUp }.map(\.since).max { $0.seconds < $1.seconds }
      let since = peers.isEmpty ? lost ?? began : nil
      return PortState(
        port: entry.name, node: entry.plan.node, channel: entry.plan.channel, machine: entry.plan.machine,
        isInput: entry.plan.direction == .input, connect: entry.patterns.map(\.text), peers: peers,
        since: since?.wall ?? peers.map(\.since).min() ?? 0,
        position: since?.position ?? peers.map(\.position).min() ?? 0)
    }
  }
}
