import Glibc
import GraphEngine
import GraphText
import LiveControl
import Models
import RunControl
import Training

/// The output of `info` for a model file.
struct ModelFacts {
  let path: String
  let model: ModelFile

  /// Nil if the file name is not that of a model.
  static func of(_ path: String) throws(ModelError) -> ModelFacts? {
    guard path.hasSuffix(".safetensors") else { return nil }
    return ModelFacts(path: path, model: try OpenModel(path: path).file(withTensors: false))
  }

  func text(isTerminal: Bool) -> String {
    let training = model.training
    var lines = [
      "\(path.shown): \(model.className.shown) \(model.classVersion.shown), trained for the graph "
        + "'\(model.graph.shown)', seed \(model.seed)"
    ]
    if let tokens = training["tokens"]?.integer, let seconds = training["seconds"]?.number {
      lines.append(
        "learned from \(Quantity.count(tokens, "token")) (\(training["input"]?.text?.shown ?? "")) of "
          + "\(Quantity.seconds(seconds)) of sound")
    }
    if let altered = augmentation { lines.append(altered) }
    if training["live"]?.boolean == true, let rounds = training["rounds"]?.integer {
      lines.append("learned live, in \(Quantity.count(rounds, "round"))")
    }
    if !model.labels.isEmpty { lines.append("tells apart: \(model.labels.map(\.shown).joined(separator: ", "))") }
    lines += [ThresholdTable(model, advises: true).text].filter { !$0.isEmpty }
    lines += model.machines.compactMap(adapted)
    let curves = CurveText(curves: LearningCurve.of(training), isTerminal: isTerminal).text
    if !curves.isEmpty { lines.append(curves) }
    return lines.joined(separator: "\n")
  }

  /// "fan: adapted once, on 2026-11-28T20:33:55Z by ann, 4 recordings: offsets -27.5 to 12.4 dB".
  private func adapted(_ machine: ModelFile.Machine) -> String? {
    guard let last = machine.adaptations.last else { return nil }
    let count = machine.adaptations.count
    let levels = machine.offsets.filter { $0 != 0 }
    return "\(machine.name.shown): adapted \(count == 1 ? "once, on" : "\(count) times, the last on") "
      + "\(last["time"]?.text?.shown ?? "?") by \(last["user"]?.text?.shown ?? "?"), "
      + (last["live"] == true ? "live" : Quantity.count(last["files"]?.array?.count ?? 0, "recording"))
      + ": offsets \(Quantity.fixed(levels.min() ?? 0, 1)) to \(Quantity.fixed(levels.max() ?? 0, 1)) dB"
  }

  private var augmentation: String? {
    guard let how = model.training["augmentation"], let copies = how["copies"]?.integer else { return nil }
    let kinds = ["pitch", "stretch", "noise"].compactMap { kind in
      how[kind]?.number.map { "\(kind)=\(Significant.text($0))" }
    }
    let what = Quantity.count(copies, "altered copy", "altered copies")
    return "and from \(what) of each recording (\(kinds.joined(separator: ",")))"
  }

  var json: JSONValue {
    [
      "name": .text(path), "class": .text(model.className), "class_version": .text(model.classVersion),
      "graph": .text(model.graph), "seed": .integer(Int64(bitPattern: model.seed)), "labels": .texts(model.labels),
      "machines": ThresholdTable(model).json, "training": model.training,
    ]
  }
}
