import Foundation
import GraphEngine
import Models
import RunControl
import Training

/// What `info` tells of a model file.
struct ModelFacts {
  let path: String
  let model: ModelFile

  /// Nil where the name is not that of a model.
  static func of(_ path: String) throws(ModelError) -> ModelFacts? {
    guard path.hasSuffix(".safetensors") else { return nil }
    return ModelFacts(path: path, model: try OpenModel(path: path).file(withTensors: false))
  }

  func text(isTerminal: Bool) -> String {
    let training = model.training
    var lines = [
      "\(path): \(model.className) \(model.classVersion), trained for the graph '\(model.graph)', seed \(model.seed)"
    ]
    if let tokens = training["tokens"]?.integer, let seconds = training["seconds"]?.number {
      lines.append(
        "learned from \(Quantity.count(tokens, "token")) (\(training["input"]?.text ?? "")) of "
          + "\(Quantity.seconds(seconds)) of sound")
    }
    if !model.labels.isEmpty { lines.append("tells apart: \(model.labels.joined(separator: ", "))") }
    lines.append(ThresholdTable(model).text)
    let curves = CurveText(curves: LearningCurve.of(training), isTerminal: isTerminal).text
    if !curves.isEmpty { lines.append(curves) }
    return lines.joined(separator: "\n")
  }

  var json: JSONValue {
    [
      "name": .text(path), "class": .text(model.className), "class_version": .text(model.classVersion),
      "graph": .text(model.graph), "seed": .integer(Int64(bitPattern: model.seed)), "labels": .texts(model.labels),
      "machines": ThresholdTable(model).json, "training": model.training,
    ]
  }
}
