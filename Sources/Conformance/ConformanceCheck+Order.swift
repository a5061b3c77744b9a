import CNodeABI
import NodeHost
import NodeRigs

extension ConformanceCheck {
  static let order = ConformanceCheck(
    "order",
    """
    Calls in an order that only a host's mistake makes are refused or survived: process, reset, deactivate, save and \
    restore of an instance that is not active; configure and activate of one that is; destroy while active. None crashes, \
    hangs, or writes outside of its blocks, and the instance works afterwards.
    """, limit: 8, presumes: ["life", "bounds"]
  ) { trial in
    let arrangement = try trial.arrangement()
    for mistake in Mistake.all {
      trial.begin?(mistake.name)
      let node = try MistreatedNode(trial, arrangement, mistake.name)
      try mistake.body(node)
      if mistake.isMendable { node.liveOn() }
    }
  }
}

/// Calls that the thread and state tags of the headers do not allow. Destroying twice is none: after the first, the
/// instance's address may belong to another one.
private struct Mistake: Sendable {
  let name: String
  /// The instance may go on with an ordinary life.
  var isMendable = true
  let body: @Sendable (MistreatedNode) throws -> Void

  static let all: [Mistake] = [
    Mistake(name: "process before configure") { $0.process() },
    Mistake(name: "reset and deactivate before configure") {
      $0.reset()
      $0.deactivate()
    },
    Mistake(name: "activate and process before configure") {
      $0.activate()
      $0.process()
      $0.deactivate()
    },
    Mistake(name: "process before activate") {
      $0.configure()
      $0.process()
    },
    Mistake(name: "reset and deactivate before activate") {
      $0.configure()
      $0.reset()
      $0.deactivate()
    },
    Mistake(name: "save and restore before activate") {
      $0.configure()
      $0.saveAndRestore()
    },
    Mistake(name: "activate twice") {
      $0.configure()
      $0.activate()
      $0.activate()
      $0.process()
      $0.deactivate()
    },
    Mistake(name: "configure while active") {
      $0.configure()
      $0.activate()
      $0.configure()
      $0.process()
      $0.deactivate()
    },
    Mistake(name: "process, reset, save, restore and deactivate after deactivate") {
      $0.configure()
      $0.activate()
      $0.process()
      $0.deactivate()
      $0.process()
      $0.reset()
      $0.saveAndRestore()
      $0.deactivate()
    },
    Mistake(name: "destroy while active", isMendable: false) {
      $0.configure()
      $0.activate()
      $0.process()
    },
  ]
}

/// An instance whose functions are called as they are, in any order. What it refuses, it refuses.
private final class MistreatedNode {
  private let trial: Trial
  private let arrangement: Arrangement
  private let mistake: String
  private let rig: NodeRig
  private var functions: UnsafePointer<auscult_class> { trial.nodeClass.native }

  init(_ trial: Trial, _ arrangement: Arrangement, _ mistake: String) throws {
    (self.trial, self.arrangement, self.mistake) = (trial, arrangement, mistake)
    rig = try NodeRig(trial.nodeClass, graph: "conformance", node: "node", isRehearsal: true, arrangement.settings)
    rig.checksFences = false
  }

  func configure() { try? arrangement.configure(rig) }
  // Not by the rig, which calls only what is allowed, and so ends an active instance before it destroys it.
  func activate() { try? rig.check { functions.pointee.activate(rig.instance, $0) } }
  func deactivate() { functions.pointee.deactivate(rig.instance) }
  func reset() { rig.reset() }

  /// With the blocks of another instance, which is configured and active.
  func process() {
    guard let other = try? trial.activeRig(arrangement) else { return }
    let feeder = Feeder(other, arrangement, trial.stimulus(arrangement))
    let call = feeder.prepare(min(arrangement.quantum, arrangement.frames))
    // It may hold what only one instance can have, such as an output file.
    other.deactivate()
    try? rig.process(call)
    for output in call.outputs {
      do { try output.check() } catch { trial.find("\(mistake): process \(error)") }
    }
  }

  func saveAndRestore() {
    guard let table = trial.nodeClass.ability(AUSCULT_STATE)?.assumingMemoryBound(to: auscult_state.self) else {
      return
    }
    let bytes = (try? SavedState.save(table, rig)) ?? []
    try? SavedState.restore(table, rig, bytes)
  }

  /// An ordinary life after the mistake.
  func liveOn() {
    do {
      try arrangement.configure(rig)
      try rig.activate()
      try Feeder(rig, arrangement, trial.stimulus(arrangement)).feed(arrangement.quantum)
      rig.deactivate()
    } catch { trial.find("\(mistake): afterwards the instance does not work: \(error)") }
  }
}
