import CNodeABI
import NodeHost
import NodeRigs

extension ConformanceCheck {
  static let parameters = ConformanceCheck(
    "parameters",
    """
    Each parameter at its least and greatest value, and each of its choices, is accepted and works, or is refused with \
    a text.
    """
  ) { trial in
    let arrangement = try trial.arrangement()
    var short = arrangement
    short.frames = min(short.frames, 3 * short.quantum)
    for parameter in trial.nodeClass.parameters where trial.given[parameter.name] == nil {
      for value in Extremes.values(of: parameter) {
        let name = "\(parameter.name): \(value.text)"
        trial.begin?(name)
        try trial.tryValue(name, parameter.name, value.setting, short)
      }
    }
  }

  static let tune = ConformanceCheck(
    "tune",
    """
    tune/1: parameters that may change while the node runs take their extremes between two calls; taking the present \
    values again changes nothing.
    """
  ) { trial in
    guard let table = trial.nodeClass.ability(AUSCULT_TUNE)?.assumingMemoryBound(to: auscult_tune.self) else {
      throw Trial.Skip("it has no \(AUSCULT_TUNE)")
    }
    let (arrangement, stimulus) = try trial.compared()
    let plain = try trial.run(arrangement, stimulus, cut: .even(500))
    let feeder = Feeder(try trial.activeRig(arrangement), arrangement, stimulus)
    while feeder.position < stimulus.frames {
      try trial.take([:], table, feeder.rig, arrangement)
      let length = min(500, stimulus.frames - feeder.position)
      try feeder.feed(length, isEnd: feeder.position + length == stimulus.frames)
    }
    if let difference = feeder.outputs.difference(from: plain.outputs, trial.nodeClass) {
      trial.find("taking the present values again changes what it yields: \(difference)")
    }
    for parameter in trial.nodeClass.parameters where parameter.flags.contains(.running) {
      for value in Extremes.values(of: parameter) {
        try trial.step("\(parameter.name): \(value.text), while running") {
          let feeder = Feeder(try trial.activeRig(arrangement), arrangement, stimulus)
          try feeder.feed(min(500, stimulus.frames))
          try trial.take([parameter.name: value.setting], table, feeder.rig, arrangement)
          try feeder.feed(trial.cut())
        }
      }
    }
  }
}

extension Trial {
  fileprivate func tryValue(_ name: String, _ parameter: String, _ value: Setting, _ arrangement: Arrangement) throws {
    let rig: NodeRig
    do {
      rig = try activeRig(arrangement, changed: [parameter: value])
    } catch let failure as NodeRig.Failure {
      if failure.text.isEmpty { find("\(name): refused without a text") }
      return
    }
    guard Feeder.fits(rig) else { return }
    do {
      try Feeder(rig, arrangement, stimulus(arrangement)).feed(.even(arrangement.quantum))
    } catch let failure as NodeRig.Failure {
      find("\(name): accepted, but \(failure)")
    }
  }

  /// Takes the arrangement's values with some changed. A refusal is an answer.
  fileprivate func take(
    _ changed: [String: Setting], _ table: UnsafePointer<auscult_tune>, _ rig: NodeRig, _ arrangement: Arrangement
  ) throws {
    let memory = RigMemory()
    let (list, count) = NodeRig.arguments(nodeClass, arrangement.settings.merging(changed) { $1 }, memory)
    var values: UnsafeMutableRawPointer?
    do {
      try rig.check { table.pointee.prepare(rig.instance, UInt32(count), list, &values, $0) }
    } catch let failure as NodeRig.Failure {
      if failure.text.isEmpty { find("prepare refuses values without a text") }
      return
    }
    table.pointee.take(rig.instance, values)
    table.pointee.dispose(rig.instance, values)
    withExtendedLifetime(memory) {}
  }
}

/// The values at the limits of a parameter.
enum Extremes {
  static func values(of parameter: Parameter) -> [(text: String, setting: Setting)] {
    switch parameter.kind {
    case .number, .integer:
      let limits = [parameter.minimum, parameter.maximum].filter(\.isFinite)
      return limits.map { ("\($0)", .number($0, parameter.unit.rawValue)) } + words(parameter)
    case .boolean: return [("false", .boolean(false)), ("true", .boolean(true))]
    case .choice: return words(parameter)
    case .text, .inputPath, .outputPath: return []
    }
  }

  private static func words(_ parameter: Parameter) -> [(text: String, setting: Setting)] {
    parameter.choices.map { ($0, .text($0)) }
  }
}
