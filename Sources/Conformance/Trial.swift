import NodeHost
import NodeKit
import NodeRigs

/// One check of one class, in a process of its own: the class, the random numbers, and what the check finds.
final class Trial {
  let nodeClass: NodeClass
  /// Gives the same formats, values and cuts each time.
  let seed: UInt64
  /// Parameters that the user sets.
  let given: [String: Setting]
  /// Of the class: models that were trained for it. Files written by one check serve the next.
  let modelFolder: String
  /// Of this check: the outputs of sinks.
  let scratch: String
  /// For the check's own choices.
  var random: SeededGenerator
  /// Told of each step, for a crash's message and the time limit.
  var begin: ((String) -> Void)?
  private(set) var findings: [String] = []
  private(set) var notes: [String] = []
  private var arranged: Arrangement?

  /// The check does not apply to the class, or can't be made.
  struct Skip: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
  }

  init(_ nodeClass: NodeClass, seed: UInt64, given: [String: Setting], modelFolder: String, scratch: String) {
    self.nodeClass = nodeClass
    self.seed = seed
    self.given = given
    self.modelFolder = modelFolder
    self.scratch = scratch
    random = SeededGenerator(seed: seed ^ 0x5eed)
  }

  /// At most a few: a node that breaks a rule mostly breaks it in every call.
  private static let mostFindings = 8

  func find(_ text: String) {
    if findings.count < Self.mostFindings, !findings.contains(text) { findings.append(text) }
  }

  func note(_ text: String) { notes.append(text) }

  /// Formats and parameters that the class accepts: the same for every check with this seed.
  func arrangement() throws -> Arrangement {
    if let arranged { return arranged }
    var arranger = Arranger(self)
    let result = try arranger.arrange()
    arranged = result
    return result
  }

  /// A configured node.
  func rig(_ arrangement: Arrangement, changed: [String: Setting] = [:]) throws -> NodeRig {
    let rig = try NodeRig(
      nodeClass, graph: "conformance", node: "node", isRehearsal: true,
      arrangement.settings.merging(changed) { $1 })
    // Only `bounds` reports what is written outside.
    rig.checksFences = false
    try arrangement.configure(rig)
    return rig
  }

  /// A configured and active node.
  func activeRig(_ arrangement: Arrangement, changed: [String: Setting] = [:]) throws -> NodeRig {
    let rig = try rig(arrangement, changed: changed)
    try rig.activate()
    return rig
  }

  /// A node that has processed the whole stimulus.
  func run(
    _ arrangement: Arrangement, _ stimulus: Stimulus, cut: Cut, isEnd: Bool = true, changed: [String: Setting] = [:]
  ) throws -> Feeder {
    let feeder = Feeder(try activeRig(arrangement, changed: changed), arrangement, stimulus)
    try feeder.feed(cut, isEnd: isEnd)
    return feeder
  }

  /// Ordinary input for the arrangement, the same for each check with this seed.
  func stimulus(_ arrangement: Arrangement, _ content: Stimulus.Content = .ordinary, variant: UInt64 = 0) -> Stimulus {
    Stimulus(arrangement, content, seed: seed &+ 0x100 &+ variant)
  }

  /// Random lengths of calls.
  func cut() -> Cut { .random(random.next()) }
}
