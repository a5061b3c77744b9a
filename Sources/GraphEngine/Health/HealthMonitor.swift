import CNodeABI
import GraphText
import NodeHost
import RealtimeCore

/// Checks a running engine now and then, and reports the state of its machines.
///
/// Thread: control.
public final class HealthMonitor {
  /// Seconds without a cycle after which the stream counts as stopped.
  private static let still = 1.0

  private var position = Int64.min
  private var moved = ContinuousClock.now

  public init() {}

  /// In the order of the graph's channels.
  public func look(at engine: Engine) -> [MachineHealth] {
    let now = ContinuousClock.now
    let next = engine.realtime.position
    if next != position { (position, moved) = (next, now) }
    let quiet = (now - moved) / .seconds(1)
    return engine.healthFacts(stalled: quiet < Self.still ? 0 : quiet).map { MachineHealth($0) }
  }
}

/// An event that an alarm yielded.
public struct AlarmEvent: Sendable, Equatable {
  public enum State: UInt32, Sendable {
    case raised = 1
    case cleared, repeated, inhibited, resumed, open, deaf, hearing
  }
  public var node: String
  public var channel: Int
  public var machine: String
  public var state: State
  public var cause: MachineHealth.Cause?
  /// Driver frame positions.
  public var begin: Int64
  public var end: Int64
  public var score: Double
  public var threshold: Double
}

extension Engine {
  /// The events of each alarm since the last call, in its order. Thread: control.
  public func takeAlarmEvents() -> [AlarmEvent] {
    guard let schedule else { return [] }
    // Of an old and a new alarm in a swap, each counts for its own time.
    return schedule.nodes.filter { !$0.isLossy }.flatMap { node in
      node.runtime.watches.enumerated().flatMap { output, watch -> [AlarmEvent] in
        guard let ring = watch?.events else { return [] }
        let machines = node.runtime.configuration.outputs[output].machines
        var events: [AlarmEvent] = []
        while let event = ring.pointee.pop() {
          guard let state = AlarmEvent.State(rawValue: event.state), schedule.isResponsible(node, at: event.end) else {
            continue
          }
          let channel = Int(event.channel)
          events.append(
            AlarmEvent(
              node: node.name, channel: channel, machine: channel < machines.count ? machines[channel] : node.name,
              state: state, cause: MachineHealth.Cause(rawValue: event.cause), begin: event.begin, end: event.end,
              score: event.score, threshold: event.threshold))
        }
        return events
      }
    }
  }

  /// Number of alarm events since the last call that came too fast to be reported. Sinks have them. Thread: control.
  public func takeUntoldAlarmEvents() -> Int {
    schedule?.nodes.reduce(0) { sum, node in
      sum + node.runtime.watches.reduce(0) { $0 + ($1?.events?.pointee.takeLost() ?? 0) }
    } ?? 0
  }

  /// What is known of each machine, in the order of the channels. Thread: control.
  func healthFacts(stalled: Double) -> [MachineHealth.Facts] {
    guard let schedule else { return [] }
    var facts: [MachineHealth.Facts] = []
    let judges = self.judges
    let patience = patience(of: judges)
    func with(_ machine: String, _ body: (inout MachineHealth.Facts) -> Void) {
      let place = facts.firstIndex { $0.machine == machine } ?? facts.count
      if place == facts.count {
        facts.append(
          MachineHealth.Facts(
            machine: machine, rate: rate, position: realtime.position, stalled: stalled,
            patience: patience[machine] ?? Self.usualPatience))
      }
      body(&facts[place])
    }
    for (index, port) in inputChannels.enumerated() where index < InputLevel.most {
      if let port { with(port.machine) { $0.input = input(index) } }
    }
    for node in judges {
      for (output, watch) in node.runtime.watches.enumerated() {
        guard let watch else { continue }
        let record = node.runtime.configuration.outputs[output]
        for (channel, machine) in record.machines.enumerated() where channel < watch.channelCount {
          with(machine) { $0.note(watch.channels + channel, watch.isScore, node.name, record.format) }
        }
      }
    }
    for (machine, remark) in remarks { with(machine) { $0.remarks.append(remark) } }
    for node in schedule.nodes where node.runtime.state.hasFailed {
      for machine in node.runtime.servedMachines { with(machine) { $0.failed.append(node.name) } }
    }
    return facts
  }

  /// Whether a node has a remark on a topic, also after a run. Thread: control.
  public func hasRemarks(on topic: String) -> Bool { services.remarks.contains(topic: topic) }

  /// The nodes' remarks about machines, by node and channel. Thread: control.
  private var remarks: [(machine: String, remark: Remark)] {
    judges.flatMap { node in
      (node.runtime.configuration.outputs.first?.machines ?? []).enumerated().flatMap { channel, machine in
        node.runtime.instance.remarks(channel: channel).map { (machine, $0) }
      }
    }
  }

  private func input(_ channel: Int) -> MachineHealth.Input {
    let level = state.pointee.levels + channel
    return MachineHealth.Input(
      peak: Float(bitPattern: level.pointee.peak.load(ordering: .relaxed)),
      rms: Float(bitPattern: level.pointee.meanSquare.load(ordering: .relaxed)).squareRoot(),
      sounding: level.pointee.sounding.load(ordering: .relaxed),
      moving: level.pointee.moving.load(ordering: .relaxed),
      connected: level.pointee.connected.load(ordering: .relaxed))
  }

  /// The nodes that decide the machines' state; in a swap, those of the side that judges now. Candidates do not count.
  private var judges: [LinkedRuntime] {
    let position = realtime.position
    return schedule.map { schedule in
      schedule.nodes.filter { !$0.isLossy && schedule.isResponsible($0, at: position) }
    } ?? []
  }

  /// Seconds until a machine counts as deaf, if no alarm sets this time.
  private static var usualPatience: Double { 10 }

  /// By machine: the shortest time that one of its alarms waits, in seconds; infinity: `deaf: off`.
  private func patience(of nodes: [LinkedRuntime]) -> [String: Double] {
    var patience: [String: Double] = [:]
    for node in nodes where node.runtime.node.nodeClass.traits.contains(.watchful) {
      let own = node.runtime.node.deafAfter ?? Self.usualPatience
      for machine in node.runtime.configuration.outputs.first?.machines ?? [] {
        patience[machine] = min(patience[machine] ?? own, own)
      }
    }
    return patience
  }
}

extension Graph.Node {
  /// Seconds without sound until the machine counts as deaf; infinity: never; nil: the class's default.
  fileprivate var deafAfter: Double? {
    switch argument("deaf")?.value {
    case .number(let number, _, _)? where number.isFinite: number
    case .text?, .boolean(false)?: .infinity
    default: nil
    }
  }
}

extension Schedule {
  /// Whether a node is responsible for a frame position: the old and the new node of a swap each have their own time.
  fileprivate func isResponsible(_ node: LinkedRuntime, at position: Int64) -> Bool {
    guard let point, node.side != .both else { return true }
    let forward = point.pointee.forward.pointee.load(ordering: .acquiring)
    let back = point.pointee.back.pointee.load(ordering: .acquiring)
    let isNew = position > forward && position <= back
    return node.side == .new ? isNew : !isNew
  }
}

extension NodeRuntime {
  /// The machines that are no longer judged if the node fails. None for a sink: its sound is still judged.
  fileprivate var servedMachines: [String] {
    if instance.nodeClass.traits.contains(.sink) { return [] }
    return configuration.outputs.first?.machines ?? []
  }
}

extension MachineHealth.Facts {
  /// Adds what an output's watch has noted.
  fileprivate mutating func note(
    _ watch: UnsafeMutablePointer<ChannelWatch>, _ isScore: Bool, _ node: String, _ format: auscult_format
  ) {
    let known = { (position: Int64) in position == .min || position == .max ? nil : position }
    if isScore {
      let frames = Double(format.extent + 2 * format.period) / Double(format.denominator) + Double(format.lookahead)
      scores.append(
        MachineHealth.Score(
          node: node, end: known(watch.pointee.end.load(ordering: .acquiring)),
          score: Double(bitPattern: watch.pointee.score.load(ordering: .relaxed)),
          threshold: Double(bitPattern: watch.pointee.threshold.load(ordering: .relaxed)),
          isSilent: watch.pointee.isSilent.load(ordering: .relaxed),
          learned: known(watch.pointee.learned.load(ordering: .relaxed)), usual: frames / Double(rate)))
    } else {
      let deaf = known(watch.pointee.deaf.load(ordering: .acquiring))
      alarms.append(
        MachineHealth.Alarm(
          node: node, raised: known(watch.pointee.raised.load(ordering: .relaxed)),
          inhibited: known(watch.pointee.inhibited.load(ordering: .relaxed)), deaf: deaf,
          cause: deaf == nil ? nil : MachineHealth.Cause(rawValue: watch.pointee.cause.load(ordering: .relaxed))))
    }
  }
}
