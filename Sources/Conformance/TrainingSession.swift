import CNodeABI
import DetectorHost
import Models
import NodeHost
import NodeKit
import NodeRigs

/// A training through `trainer/1` with random tokens: begin, take for each machine, fit, write and end.
final class TrainingSession {
  let rig: NodeRig
  /// The answers to the class.
  var progressAnswer: Int32 = AUSCULT_GO_ON
  var epochAnswer: Int32 = AUSCULT_KEEP_BEST
  /// The class has asked.
  private(set) var asked = 0
  private let trainer: UnsafePointer<auscult_trainer>
  private let input: RigFormat
  private let seed: UInt64
  private let memory = RigMemory()
  private(set) var machines: [String] = []
  let labels: [String]
  private static let tokens = 48
  private static let recordings = 8

  /// Nil: the class can't be trained.
  static func trainer(_ nodeClass: NodeClass) -> UnsafePointer<auscult_trainer>? {
    guard nodeClass.traits.contains(.trainable) else { return nil }
    return nodeClass.ability(AUSCULT_TRAINER)?.assumingMemoryBound(to: auscult_trainer.self)
  }

  /// - Parameter settings: of the instance; without a model.
  init(_ nodeClass: NodeClass, _ input: RigFormat, settings: [String: Setting], seed: UInt64) throws {
    guard let trainer = TrainingSession.trainer(nodeClass) else { throw Trial.Skip("the class is not trainable") }
    self.trainer = trainer
    self.input = input
    self.seed = seed
    labels = trainer.pointee.flags & AUSCULT_TRAINER_LABELS != 0 ? ["bearing", "belt", "normal"] : []
    rig = try NodeRig(nodeClass, graph: "conformance", node: "node", isRehearsal: true, settings)
    machines = (0..<Int(input.native.channels)).map { "machine-\($0)" }
  }

  /// All steps up to the model.
  func train() throws -> DetectorTrainer.Result {
    defer { end() }
    try begin()
    try take()
    try fit()
    return try write()
  }

  func begin() throws {
    let training = memory.array([
      auscult_training(
        size: UInt32(MemoryLayout<auscult_training>.size), machine_count: UInt32(machines.count),
        machines: memory.texts(machines), label_count: UInt32(labels.count), reserved: 0,
        labels: memory.texts(labels), format: UnsafePointer(memory.array([input.native])), seed: seed,
        context: Unmanaged.passUnretained(self).toOpaque(),
        progress: { training, _, _ in
          let session = TrainingSession.of(training!.pointee.context)
          session.asked += 1
          return session.progressAnswer
        },
        epoch: { training, _ in
          let session = TrainingSession.of(training!.pointee.context)
          session.asked += 1
          return session.epochAnswer
        }, memory: UInt64(Arrangement.memory))
    ])
    try rig.check { trainer.pointee.begin(rig.instance, training, $0) }
  }

  /// Passes the tokens of each machine.
  func take() throws {
    for machine in machines.indices {
      var random = SeededGenerator(seed: seed &+ UInt64(machine))
      let (count, width) = (Self.tokens, input.width)
      let base = input.native.scale == AUSCULT_SCALE_DECIBEL ? -80.0 : 0
      let span = base < 0 ? 80.0 : 1
      let labelOf = { (token: Int) in Int32(token / (count / Self.recordings) % max(1, self.labels.count)) }
      let values = memory.array(
        (0..<count * width).map { index in
          let offset = labels.isEmpty ? 0 : 0.2 * Double(labelOf(index / width))
          return Float(base + span * (offset + 0.5 * random.unit()))
        })
      let hasViews = trainer.pointee.flags & AUSCULT_TRAINER_VIEWS != 0
      var examples = auscult_examples(
        size: UInt32(MemoryLayout<auscult_examples>.size), machine: UInt32(machine), count: UInt64(count),
        width: UInt64(width), values: hasViews ? nil : UnsafePointer(values),
        labels: labels.isEmpty ? nil : UnsafePointer(memory.array((0..<count).map(labelOf))),
        recordings: UnsafePointer(memory.array((0..<count).map { UInt32($0 / (count / Self.recordings)) })),
        tokens: hasViews
          ? UnsafePointer(memory.array((0..<count).map { Optional(UnsafePointer(values + $0 * width)) })) : nil)
      try rig.check { trainer.pointee.take(rig.instance, &examples, $0) }
    }
  }

  func fit() throws { try rig.check { trainer.pointee.fit(rig.instance, $0) } }

  func write() throws -> DetectorTrainer.Result {
    let collector = ModelCollector()
    var writer = collector.native
    try withExtendedLifetime(collector) { try rig.check { trainer.pointee.write(rig.instance, &writer, $0) } }
    return collector.result
  }

  func end() { trainer.pointee.end(rig.instance) }

  private static func of(_ context: UnsafeMutableRawPointer) -> TrainingSession {
    Unmanaged<TrainingSession>.fromOpaque(context).takeUnretainedValue()
  }
}

/// Makes a model for a class whose nodes need one.
struct ModelTrainer {
  /// The parameter with the path of the model.
  static let parameter = "model"

  static func isNeeded(_ nodeClass: NodeClass) -> Bool {
    TrainingSession.trainer(nodeClass) != nil && nodeClass.parameter(parameter)?.kind == .inputPath
  }

  let trial: Trial
  let arrangement: Arrangement

  init(_ trial: Trial, _ arrangement: Arrangement) {
    self.trial = trial
    self.arrangement = arrangement
  }

  func session(_ seed: UInt64) throws -> TrainingSession {
    guard let input = arrangement.inputs.first?.format else { throw Trial.Skip("it has no input to learn from") }
    var settings = arrangement.settings
    settings[Self.parameter] = nil
    return try TrainingSession(trial.nodeClass, input, settings: settings, seed: seed)
  }

  func write(_ path: String) throws {
    let session = try session(trial.seed)
    try write(try file(try session.train(), session), path)
  }

  func file(_ result: DetectorTrainer.Result, _ session: TrainingSession) throws -> ModelFile {
    var file = ModelFile()
    file.className = trial.nodeClass.name
    file.classVersion = trial.nodeClass.version
    file.graph = "conformance"
    file.machines = session.machines.map { ModelFile.Machine(name: $0, threshold: 1) }
    file.labels = session.labels
    (file.tensors, file.texts) = (result.tensors, result.texts)
    return file
  }

  func write(_ file: ModelFile, _ path: String) throws {
    do throws(ModelError) { try file.write(path) } catch { throw NodeRig.Failure("\(error)") }
  }
}
