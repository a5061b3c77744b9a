import CNodeABI
import DetectorHost
import Models
import NodeHost
import NodeRigs

extension ConformanceCheck {
  static let training = ConformanceCheck(
    "training",
    """
    trainer/1: the same tokens and seed give the same model; a training that is told to give up fails soon; an instance \
    learns again after a training that has ended or failed.
    """, limit: 60
  ) { trial in
    guard TrainingSession.trainer(trial.nodeClass) != nil else { throw Trial.Skip("it is not trainable") }
    let trainer = ModelTrainer(trial, try trial.arrangement())
    let first = try trainer.session(trial.seed)
    let model = try first.train()
    if model.tensors.isEmpty, model.texts.isEmpty { trial.find("write gives an empty model") }
    trial.begin?("the same seed again")
    let again = try trainer.session(trial.seed).train()
    if model.tensors != again.tensors || model.texts != again.texts {
      trial.find("the same tokens and seed give another model")
    }
    trial.begin?("giving up")
    try trial.giveUp(first)
    trial.begin?("begin, end; then a whole training")
    first.end()
    try trial.step("a training is begun and ended, then made") {
      try first.begin()
      first.end()
      try first.begin()
      try first.take()
      first.end()
      first.progressAnswer = AUSCULT_GO_ON
      first.epochAnswer = AUSCULT_KEEP_BEST
      let last = try first.train()
      if last.tensors != model.tensors { trial.find("an instance that has learned before learns another model") }
    }
  }

  static let model = ConformanceCheck(
    "model",
    """
    A model with tensors and texts that are missing, of other shapes, huge or zero is refused with a text, or survived.
    """, limit: 60
  ) { trial in
    guard ModelTrainer.isNeeded(trial.nodeClass) else { throw Trial.Skip("it takes no model that it could learn") }
    let arrangement = try trial.arrangement()
    guard case .text(let path)? = arrangement.settings[ModelTrainer.parameter] else {
      throw Trial.Skip("the model is given")
    }
    let trainer = ModelTrainer(trial, arrangement)
    let sound: ModelFile
    do throws(ModelError) { sound = try ModelFile(path: path) } catch { throw Trial.Skip("\(error)") }
    var short = arrangement
    short.frames = min(short.frames, 4 * short.quantum)
    for (name, model) in HostileModels.variants(of: sound) {
      trial.begin?(name)
      let file = "\(trial.scratch)/hostile.safetensors"
      do { try trainer.write(model, file) } catch { continue }
      trial.tryModel(name, file, short)
    }
  }
}

extension Trial {
  fileprivate func giveUp(_ session: TrainingSession) throws {
    session.progressAnswer = AUSCULT_GIVE_UP
    session.epochAnswer = AUSCULT_GIVE_UP
    try session.begin()
    try session.take()
    let before = session.asked
    do {
      try session.fit()
      if session.asked > before { find("fit reports progress, is told to give up, and does not fail") }
    } catch let failure as NodeRig.Failure {
      if failure.text.isEmpty { find("fit gives up without a text") }
    }
  }

  /// A refusal with a text, and a node that fails later with a text, are answers.
  fileprivate func tryModel(_ name: String, _ file: String, _ arrangement: Arrangement) {
    do {
      let rig = try activeRig(arrangement, changed: [ModelTrainer.parameter: .text(file)])
      try Feeder(rig, arrangement, stimulus(arrangement)).feed(.even(arrangement.quantum))
    } catch let failure as NodeRig.Failure {
      if failure.text.isEmpty || failure.text == NodeRig.Failure.withoutText {
        find("\(name): refused without a text")
      }
    } catch {}
  }
}

/// Valid files that no trainer wrote.
private enum HostileModels {
  static func variants(of model: ModelFile) -> [(String, ModelFile)] {
    var variants: [(String, ModelFile)] = []
    for (name, tensor) in model.tensors.sorted(by: { $0.key < $1.key }).prefix(12) {
      for (what, replacement) in tensors(tensor) {
        var changed = model
        changed.tensors[name] = replacement
        variants.append(("tensor '\(name)' \(what)", changed))
      }
    }
    for key in model.texts.keys.sorted() {
      for text in [nil, "", "-1", "99999999999999999999", "1e300", "x"] as [String?] {
        var changed = model
        changed.texts[key] = text
        variants.append(("text '\(key)' \(text.map { "is '\($0)'" } ?? "is missing")", changed))
      }
    }
    for labels in [[], [""], Array(repeating: "label", count: 300)] {
      var changed = model
      changed.labels = labels
      variants.append(("\(labels.count) labels", changed))
    }
    var other = model
    for index in other.machines.indices { other.machines[index].name = "other-\(index)" }
    variants.append(("other machines", other))
    return variants
  }

  private static func tensors(_ tensor: Tensor) -> [(String, Tensor?)] {
    let count = tensor.bytes.count / tensor.kind.bytes
    let other: Tensor.Kind = tensor.kind == .float32 ? .float64 : .float32
    return [
      ("is missing", nil),
      ("has one dimension", Tensor(kind: tensor.kind, shape: [count], bytes: tensor.bytes)),
      (
        "is a single number", Tensor(kind: tensor.kind, shape: [], bytes: Array(tensor.bytes.prefix(tensor.kind.bytes)))
      ),
      ("has many dimensions", Tensor(kind: tensor.kind, shape: [1, 1, 1, 1, 1, count], bytes: tensor.bytes)),
      ("is twice as long", Tensor(kind: tensor.kind, shape: grown(tensor.shape), bytes: tensor.bytes + tensor.bytes)),
      ("is of the other type", filled(other, tensor.shape, count, 0.5)),
      ("is zero", filled(tensor.kind, tensor.shape, count, 0)),
      ("is huge", filled(tensor.kind, tensor.shape, count, 3e38)),
      ("is negative", filled(tensor.kind, tensor.shape, count, -1e9)),
    ]
  }

  private static func grown(_ shape: [Int]) -> [Int] { shape.isEmpty ? [2] : [2 * shape[0]] + shape.dropFirst() }

  private static func filled(_ kind: Tensor.Kind, _ shape: [Int], _ count: Int, _ value: Double) -> Tensor {
    let bytes =
      kind == .float32
      ? Array(repeating: Float(value), count: count).withUnsafeBytes { Array($0) }
      : Array(repeating: value, count: count).withUnsafeBytes { Array($0) }
    return Tensor(kind: kind, shape: shape, bytes: bytes)
  }
}
