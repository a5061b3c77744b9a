import CJACK
import CRealtime
import Glibc
import GraphEngine

/// Ports that come and go with the engine's channels. Thread: control.
extension JACKDriver {
  /// How long the realtime thread may take to begin two cycles, in seconds: JACK's longest period at its lowest rate
  /// lasts one. A server that stands still is not waited for.
  private static let patience = 3

  /// The engine's channels have changed: lets go of the ports of those that went, registers and connects those of new
  /// ones. Ports that stay, stay as they are, with their connections; one whose node has another number of channels now
  /// gets another name.
  ///
  /// - Throws: `JACKError`: nothing has been changed then, but for the ports of channels that went.
  func followChannels() throws(JACKError) {
    guard let engine, stage == .attached || stage == .running else { return }
    let next = PortLayout(engine)
    if next == layout { return }
    guard max(next.inputs.count, next.outputs.count) <= PortTable.capacity else {
      throw .refused(action: "register the ports", detail: "more than \(PortTable.capacity) channels")
    }
    // Without a server: when it is back, the ports are made as they are wanted then.
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

  /// Registers the ports of plans and lays them ready for the process callback.
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
      // The channels that are there stay as they were.
      remove(coming, state)
      for change in changes(next, where: { isSame($0, $1) && $0 != $1 }) { try? adjust(change.reversed, state) }
      throw error
    }
    if !coming.isEmpty { awaitCycles(2, seconds: Self.patience) }
  }

  /// A channel of the engine, and what its port was and is to be.
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

  /// Takes ports away once no cycle uses them any more.
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

  /// Waits until the realtime thread has begun so many more cycles. After one, all that it does it does with the ports as
  /// they are now; after two, the cycle that it may have kept back has been run.
  func awaitCycles(_ count: Int64, seconds: Int) {
    guard client.isActive else { return }
    let cycles = control.share.pointee.cycles.load(ordering: .sequentiallyConsistent)
    let deadline = realtime_nanoseconds() + Int64(seconds) * 1_000_000_000
    while control.share.pointee.cycles.load(ordering: .sequentiallyConsistent) < cycles + count {
      if realtime_nanoseconds() > deadline || control.share.pointee.isShutDown.load(ordering: .acquiring) { return }
      usleep(500)
    }
  }
}

extension ProcessState {
  func table(_ direction: PortPlan.Direction) -> PortTable { direction == .input ? inputPorts : outputPorts }
}
