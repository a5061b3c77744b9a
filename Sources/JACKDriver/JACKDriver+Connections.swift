import CJACK
import CRealtime
import Glibc
import GraphEngine

/// The connections of own ports. Thread: control.
extension JACKDriver {
  /// The ports of other clients.
  var ports: ConnectionPlan.Ports {
    ConnectionPlan.Ports(outputs: client.ports(JackPortIsOutput), inputs: client.ports(JackPortIsInput))
  }

  var now: ConnectionPlan.Moment {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return ConnectionPlan.Moment(
      position: engine?.realtime.position ?? 0, wall: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec),
      seconds: Double(realtime_nanoseconds()) / 1e9)
  }

  /// Looks at the connections after an event, at regular intervals, and when a failed connection is due; reports changes.
  func followConnections(_ isCheckDue: Bool, isFirst: Bool, _ report: (JACKEvent) -> Void) {
    for event in untold { report(event) }
    untold = []
    let haveChanged = control.share.pointee.portsChanged.exchange(false, ordering: .acquiring)
    let isRetryDue = connections?.isRetryDue(now.seconds) ?? false
    guard haveChanged || isFirst || hasNewPorts || isCheckDue || isRetryDue else { return }
    for event in lookAtConnections() { report(event) }
    guard isFirst || hasNewPorts else { return }
    hasNewPorts = false
    for waiting in connections?.waiting(ports) ?? [] { report(.waiting(waiting)) }
  }

  /// Compares the present connections with the last ones, makes missing ones, and records changes.
  func lookAtConnections() -> [JACKEvent] {
    guard var plan = connections else { return [] }
    defer { connections = plan }
    keepNames()
    var (ports, now, connected) = look()
    var events = tell(plan.observe(ports, connected: connected, at: now), &plan, at: now)
    let changes = plan.changes(ports, connected: connected, at: now)
    for connection in changes.make {
      plan.note(connection, succeeded: client.connect(connection), at: now)
    }
    for connection in changes.undo {
      client.disconnect(connection)
      plan.forget(connection)
      events.append(.superseded(connection))
    }
    if !changes.make.isEmpty || !changes.undo.isEmpty {
      connected = self.connected
      events += tell(plan.observe(ports, connected: connected, at: now), &plan, at: now)
    }
    events += plan.newlyMixed(connected).map { .mixed(port: $0.port, peers: $0.peers) }
    noteConnected(connected)
    control.notePorts(plan.states(since: began))
    return events
  }

  /// Restores the name of an own port that another program renamed, because `connect`, records and other programs' sessions
  /// use the name.
  private func keepNames() {
    guard let state = session?.state else { return }
    for (index, plan) in layout.indexed {
      guard let port = state.pointee.table(plan.direction)[index], client.shortName(of: port) != plan.name else {
        continue
      }
      try? client.rename(port, plan.name)
    }
  }

  /// Ports and connections of one moment: a port that is renamed between the two calls would look like two ports.
  private func look() -> (ConnectionPlan.Ports, ConnectionPlan.Moment, Set<Connection>) {
    var (ports, connected) = (self.ports, self.connected)
    for _ in 0..<3 {
      let again = self.ports
      if again == ports { break }
      (ports, connected) = (again, self.connected)
    }
    return (ports, now, connected)
  }

  /// Tells the realtime thread which inputs are connected.
  private func noteConnected(_ connected: Set<Connection>) {
    guard let table = session?.state.pointee.inputPorts else { return }
    let taken = Set(connected.map(\.destination))
    for (index, plan) in layout.inputs.enumerated() {
      guard let plan else { continue }
      table.setConnected(taken.contains("\(options.name):\(plan.name)"), at: index)
    }
  }

  /// The server is gone, and with it all connections. They are recorded, but not reported one by one.
  func loseConnections() {
    guard var plan = connections else { return }
    _ = tell(plan.loseAll(at: now), &plan, at: now)
    control.notePorts(plan.states(since: began))
    connections = plan
  }

  /// All connections of own ports, from JACK.
  private var connected: Set<Connection> {
    var found: Set<Connection> = []
    for plan in layout.plans {
      let port = "\(options.name):\(plan.name)"
      for peer in client.peers(of: port) {
        found.insert(
          plan.direction == .input
            ? Connection(source: peer, destination: port) : Connection(source: port, destination: peer))
      }
    }
    return found
  }

  /// Records changes, and reports them.
  private func tell(
    _ changes: [ConnectionPlan.Change], _ plan: inout ConnectionPlan, at now: ConnectionPlan.Moment
  ) -> [JACKEvent] {
    changes.map { change in
      let position = engine?.note(
        Notice(
          "connection", state: change.state, node: change.plan.node, channel: change.plan.channel,
          machine: change.plan.machine, begin: change.lostAt?.position,
          details: [
            Notice.Detail("port", "\(options.name):\(change.plan.name)"), Notice.Detail("peer", change.peer),
          ]))
      if let position { plan.place(change.connection, at: position) }
      switch change.kind {
      case .connected: return .connected(change.connection)
      case .lost(let isGone): return .lost(change.connection, isGone: isGone, isWanted: change.isWanted)
      case .regained:
        return .regained(change.connection, seconds: max(0, now.seconds - (change.lostAt?.seconds ?? now.seconds)))
      }
    }
  }
}

extension ConnectionPlan.Change {
  /// The change in the form of records.
  fileprivate var state: String {
    switch kind {
    case .connected: "connected"
    case .lost: "lost"
    case .regained: "regained"
    }
  }
}
