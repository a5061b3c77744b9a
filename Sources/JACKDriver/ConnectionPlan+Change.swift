extension ConnectionPlan {
  /// Changes the plan to other own ports. Ports that stay keep their connections, except connections that only the old
  /// `connect` texts asked for.
  ///
  /// - Throws: `JACKError.badPattern`; the plan does not change then.
  /// - Returns: the connections to break now.
  package mutating func change(to plans: [PortPlan], _ ports: Ports) throws(JACKError) -> [Connection] {
    let next = try Self.entries(client, plans)
    let before = entries
    for entry in before {
      guard let successor = next.first(where: { $0.plan.isSamePort(as: entry.plan) }) else {
        forget(entry)
        continue
      }
      if successor.name != entry.name { rename(entry, successor) }
    }
    entries = next
    return before.flatMap { broken($0, ports) }
  }

  private mutating func forget(_ entry: Entry) {
    made = made.filter { !touches($0, entry) }
    links = links.filter { !touches($0.key, entry) }
    failures = failures.filter { !touches($0.key, entry) }
    assigned[entry.name] = nil
  }

  private mutating func rename(_ entry: Entry, _ successor: Entry) {
    func renamed(_ connection: Connection) -> Connection {
      touches(connection, entry) ? connect(successor, peer(of: connection, entry)) : connection
    }
    made = Set(made.map(renamed))
    links = Dictionary(links.map { (renamed($0.key), $0.value) }) { one, _ in one }
    failures = failures.filter { !touches($0.key, entry) }
    assigned[successor.name] = assigned.removeValue(forKey: entry.name)
  }

  /// Connections of a port that no `connect` text asks for any more.
  private mutating func broken(_ before: Entry, _ ports: Ports) -> [Connection] {
    guard let entry = entries.first(where: { $0.plan.isSamePort(as: before.plan) }) else { return [] }
    let isSame = entry.plan.patterns == before.plan.patterns && entry.plan.sharesMatches == before.plan.sharesMatches
    if isSame { return [] }
    if let port = assigned[entry.name] {
      let named = ports.peers(entry.plan.direction).first { $0.name == port } ?? PortName(port)
      if entry.patterns.allSatisfy({ $0.matches(in: [named]).isEmpty }) { assigned[entry.name] = nil }
    }
    let wanted = Set(peers(of: entry, ports))
    let broken = made.filter { touches($0, entry) && !wanted.contains(peer(of: $0, entry)) }
    made.subtract(broken)
    // A connection that the driver breaks itself is not lost.
    for connection in broken { links[connection] = nil }
    return broken.sorted { ($0.source, $0.destination) < ($1.source, $1.destination) }
  }
}
