import CNodeABI
import NodeHost
import NodeRigs

extension ConformanceCheck {
  static let life = ConformanceCheck(
    "life",
    """
    Every order of calls that the ABI allows is survived: destroyed at once, configured twice, activated without work, \
    activated again with a fresh state, reset at any time, called without tokens; activate before configure is refused \
    or survived.
    """
  ) { trial in
    let arrangement = try trial.arrangement()
    let stimulus = trial.stimulus(arrangement)
    try trial.step("create, destroy") {
      _ = try NodeRig(trial.nodeClass, isRehearsal: true, arrangement.settings)
    }
    try trial.step("configure, destroy") { _ = try trial.rig(arrangement) }
    try trial.step("configure twice") {
      let rig = try trial.rig(arrangement)
      try arrangement.configure(rig)
      try rig.activate()
    }
    try trial.step("activate, deactivate, three times") {
      let rig = try trial.rig(arrangement)
      for _ in 0..<3 {
        try rig.activate()
        rig.deactivate()
      }
    }
    try trial.step("reset before the first and after the last tokens, twice") {
      let feeder = Feeder(try trial.activeRig(arrangement), arrangement, stimulus)
      for _ in 0..<2 { feeder.rig.reset() }
      try feeder.feed(.even(arrangement.quantum), isEnd: false)
      for _ in 0..<2 { feeder.rig.reset() }
    }
    try trial.step("process without tokens, and an end without tokens") {
      let feeder = Feeder(try trial.activeRig(arrangement), arrangement, stimulus)
      try feeder.feed(0)
      try feeder.feed(0)
      try feeder.feed(0, isEnd: true)
    }
    try trial.step("activated again, with a fresh state") { try trial.findOldState(arrangement, stimulus) }
    try trial.step("activate before configure") { Trial.activateEarly(trial, arrangement) }
  }
}

extension Trial {
  /// One part of a check. What it throws is a finding.
  func step(_ name: String, _ body: () throws -> Void) throws {
    begin?(name)
    do { try body() } catch let failure as NodeRig.Failure { find("\(name): \(failure)") }
  }

  fileprivate func findOldState(_ arrangement: Arrangement, _ stimulus: Stimulus) throws {
    // A sink goes on with its output.
    guard !nodeClass.outputs.isEmpty else { return }
    let rig = try activeRig(arrangement)
    let first = Feeder(rig, arrangement, stimulus)
    try first.feed(.even(700))
    rig.deactivate()
    try rig.activate()
    let second = Feeder(rig, arrangement, stimulus)
    try second.feed(.even(700))
    if let difference = second.outputs.difference(from: first.outputs, nodeClass) {
      find("deactivated and activated again, it yields something else for the same input: \(difference)")
    }
  }

  /// A refusal is as good as success; only a crash, which ends this process, is a finding.
  fileprivate static func activateEarly(_ trial: Trial, _ arrangement: Arrangement) {
    guard let rig = try? NodeRig(trial.nodeClass, isRehearsal: true, arrangement.settings) else { return }
    guard (try? rig.activate()) != nil else { return }
    rig.deactivate()
  }
}
