extension ConnectionPlan {
  /// The plan for other ports of ours. Ports that stay keep their connections, and what a person made of them; where the
  /// `connect` texts change, connections that only the old ones asked for are to be broken.
  ///
  /// - Parameters:
  ///   - outputs, inputs: as for `missing`.
  /// - Throws: `JACKError.badPattern`; the plan stays as it was.
  /// - Returns: the connections to break now.
  package mutating func change(
    to plans: [PortPlan], outputs: [String], inputs: [String]
  ) throws(JACKError) -> [Connection] {
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
    return before.flatMap { broken($0, outputs: outputs, inputs: inputs) }
  }

  private mutating func forget(_ entry: Entry) {
    made = made.filter { !touches($0, entry) }
    assigned[entry.name] = nil
  }

  private mutating func rename(_ entry: Entry, _ successor: Entry) {
    made = Set(made.map { touches($0, entry) ? connect(successor, peer(of: $0, entry)) : $0 })
    assigned[successor.name] = assigned.removeValue(forKey: entry.name)
  }

  /// Connections of a port that nothing asks for any more.
  private mutating func broken(_ before: Entry, outputs: [String], inputs: [String]) -> [Connection] {
    guard let entry = entries.first(where: { $0.plan.isSamePort(as: before.plan) }) else { return [] }
    let isSame = entry.plan.patterns == before.plan.patterns && entry.plan.sharesMatches == before.plan.sharesMatches
    if isSame { return [] }
    if let port = assigned[entry.name], entry.patterns.allSatisfy({ $0.matches(in: [port]).isEmpty }) {
      assigned[entry.name] = nil
    }
    let wanted = Set(peers(of: entry, outputs: outputs, inputs: inputs))
    let broken = made.filter { touches($0, entry) && !wanted.contains(peer(of: $0, entry)) }
    made.subtract(broken)
    return broken.sorted { ($0.source, $0.destination) < ($1.source, $1.destination) }
  }
}
