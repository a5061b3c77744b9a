import CJACK
import CRealtime
import Glibc
import GraphEngine
import SystemCalls

/// Registers and removes ports with the engine's channels. Thread: control.
extension JACKDriver {
  /// Seconds that the realtime thread may take to begin two cycles: JACK's longest period at its lowest rate lasts one
  /// second. The driver does not wait longer for a stopped server.
  private static let patience = 3

  /// The engine's channels have changed: removes the ports of removed channels, registers and connects those of new ones.
  /// Other ports keep their connections; a port is renamed if its node now has another number of channels.
  ///
  /// - Throws: `JACKError`: nothing has changed then, except the ports of removed channels.
  func followChannels() throws(JACKError) {
    guard let engine, stage == .attached || stage == .running else { return }
    let next = PortLayout(engine)
    if next == layout { return }
    guard max(next.inputs.count, next.outputs.count) <= PortTable.capacity else {
      throw .refused(action: "register the ports", detail: "more than \(PortTable.capacity) channels")
    }
    // Without a server: the ports are registered when it is back.
    let isServed = session != nil && !client.isClosed && !control.share.pointee.isShutDown.load(ordering: .acquiring)
    var plan = connections
    let ports = isServed ? self.ports : ConnectionPlan.Ports(outputs: [], inputs: [])
    let broken = try plan?.change(to: next.plans, ports) ?? []
    if isServed, let session { try change(session.state, to: next) }
    layout = next
    connections = plan
    guard isServed, let session else { return }
    if stage == .running {
      for connection in broken { client.disconnect(connection) }
      untold += lookAtConnections()
      hasNewPorts = true
    }
    latency.set(session.state, layout)
    if stage == .running { client.recomputeLatencies() }
  }

  /// Registers the planned ports and makes them available to the process callback.
  func register(
    _ plans: [(index: Int, plan: PortPlan)], _ client: JACKClient, _ state: UnsafeMutablePointer<ProcessState>
  ) throws(JACKError) {
    for (index, plan) in plans {
      let port = try client.register(plan.name, plan.direction)
      if let machine = plan.machine { client.setPrettyName(machine, of: port) }
      if plan.direction == .input { state.pointee.held.makeRoom(at: index) }
      state.pointee.table(plan.direction).set(port, at: index)
    }
  }

  private func change(_ state: UnsafeMutablePointer<ProcessState>, to next: PortLayout) throws(JACKError) {
    let going = changes(next) { before, after in before != nil && !isSame(before, after) }
    let coming = changes(next) { before, after in after != nil && !isSame(before, after) }
    remove(going, state)
    do throws(JACKError) {
      for change in changes(next, where: { isSame($0, $1) && $0 != $1 }) { try adjust(change, state) }
      try register(coming.map { ($0.index, $0.after!) }, client, state)
    } catch {
      // The existing channels stay unchanged.
      remove(coming, state)
      for change in changes(next, where: { isSame($0, $1) && $0 != $1 }) { try? adjust(change.reversed, state) }
      throw error
    }
    if !coming.isEmpty { awaitCycles(2, seconds: Self.patience) }
  }

  /// A channel of the engine, with its old and its new port.
  private struct Change {
    var index: Int
    var direction: PortPlan.Direction
    var before: PortPlan?
    var after: PortPlan?

    var reversed: Change { Change(index: index, direction: direction, before: after, after: before) }
  }

  private func isSame(_ before: PortPlan?, _ after: PortPlan?) -> Bool {
    guard let before, let after else { return false }
    return before.isSamePort(as: after)
  }

  private func changes(_ next: PortLayout, where isMeant: (PortPlan?, PortPlan?) -> Bool) -> [Change] {
    func list(_ direction: PortPlan.Direction, _ before: [PortPlan?], _ after: [PortPlan?]) -> [Change] {
      (0..<max(before.count, after.count)).compactMap { index in
        let change = Change(
          index: index, direction: direction, before: index < before.count ? before[index] : nil,
          after: index < after.count ? after[index] : nil)
        return isMeant(change.before, change.after) ? change : nil
      }
    }
    return list(.input, layout.inputs, next.inputs) + list(.output, layout.outputs, next.outputs)
  }

  /// Name and pretty name of a port that stays.
  private func adjust(_ change: Change, _ state: UnsafeMutablePointer<ProcessState>) throws(JACKError) {
    guard let port = state.pointee.table(change.direction)[change.index], let before = change.before,
      let after = change.after
    else { return }
    if after.name != before.name { try client.rename(port, after.name) }
    if let machine = after.machine, machine != before.machine { client.setPrettyName(machine, of: port) }
  }

  /// Unregisters ports once no cycle uses them any more.
  private func remove(_ changes: [Change], _ state: UnsafeMutablePointer<ProcessState>) {
    var ports: [OpaquePointer] = []
    for change in changes {
      let table = state.pointee.table(change.direction)
      guard let port = table[change.index] else { continue }
      table.set(nil, at: change.index)
      ports.append(port)
    }
    if ports.isEmpty { return }
    awaitCycles(2, seconds: Self.patience)
    for port in ports { client.unregister(port) }
  }

  /// Waits until the realtime thread has begun this many more cycles. After one, it only uses the present ports; after two,
  /// a cycle that it held back has run, too.
  func awaitCycles(_ count: Int64, seconds: Int) {
    guard client.isActive else { return }
    let cycles = control.share.pointee.cycles.load(ordering: .sequentiallyConsistent)
    _ = Polling.wait(seconds: Double(seconds), every: .microseconds(500)) {
      control.share.pointee.cycles.load(ordering: .sequentiallyConsistent) >= cycles + count
        || control.share.pointee.isShutDown.load(ordering: .acquiring)
    }
  }
}

extension ProcessState {
  func table(_ direction: PortPlan.Direction) -> PortTable { direction == .input ? inputPorts : outputPorts }
}
