import GraphEngine
import GraphText
import JSONText
import Models
import TextEscapes

/// Adapts a graph's model to the microphone and the place of some recordings of normal sound.
public struct AdaptationRun {
  private let graph: Graph
  private let node: Graph.Node
  private let options: AdaptationOptions
  private let conversation: Conversation

  /// - Parameter node: name of the detector; nil: the only one.
  public init(_ graph: Graph, node: String?, options: AdaptationOptions, conversation: Conversation) throws {
    self.graph = graph
    self.options = options
    self.conversation = conversation
    self.node = try AdaptationRun.detector(of: graph, node)
  }

  /// The detector, which must have a model.
  public static func detector(of graph: Graph, _ name: String?) throws -> Graph.Node {
    let node = try graph.detector(name)
    guard let learnsLabels = DetectorTrainer.learnsLabels(node.nodeClass), !learnsLabels else {
      throw TrainingError(
        "node '\(node.name)' (\(node.nodeClass.name)) has no model of what is normal, so there is nothing to adapt")
    }
    guard node.modelPath != nil else {
      throw TrainingError(
        "node '\(node.name)' has no model: give one in the graph, or with --set \(node.name).model=FILE")
    }
    return node
  }

  /// The path of the graph's model.
  public var modelPath: String { node.modelPath ?? "" }

  /// Writes the adapted model as a whole or not at all.
  public func run(_ set: RecordingSet, output: String) throws -> AdaptationSummary {
    try OutputPlace.prepare(output, graph: graph, model: modelPath, set: set)
    let recordings = set.recordings.filter { $0.label == Label.normal }
    guard let first = recordings.first else {
      throw TrainingError("\(set.source): has no normal recordings to adapt by")
    }
    let store = TapStore()
    let tapped = graph.tapped(inPlaceOf: node.name, store)
    let input = try Engine(graph: tapped).input(of: node.name, rate: try AudioFileRate.of(first))
    for recording in recordings {
      let other = try Engine(graph: tapped).input(of: node.name, rate: try AudioFileRate.of(recording))
      guard let difference = other.differences(from: input).first else { continue }
      throw TrainingError(
        "\(recording.path): the graph makes other tokens of it than of \(first.path) (\(difference)): give recordings of one "
          + "rate, or put a 'resample' node behind the source")
    }
    let names = MachineNames(graph: input.machines)
    try names.check(recordings)
    var heard: [String: Adaptation.Heard] = [:]
    try TapRun(conversation: conversation, share: 0...0.8, what: "listening to").run(tapped, recordings) {
      _, recording in
      let tokens = store.take().filter { !$0.isSilent && $0.values.allSatisfy(\.isFinite) }
      for channel in names.graph.indices {
        guard let machine = names.name(recording, channel: channel) else { continue }
        let own = tokens.filter {
          $0.channel == channel && recording.label(begin: $0.beginSecond, end: $0.endSecond) == Label.normal
        }
        if own.isEmpty { continue }
        heard[machine, default: Adaptation.Heard(channel: channel)].recordings.append((recording, own))
      }
    }
    var options = options
    options.origin = [
      "files": .array(
        recordings.map { .text(PathText.shown($0.path.split(separator: "/").last.map(String.init) ?? $0.path)) })
    ]
    return try Adaptation(
      graph: graph, node: node, input: input, path: modelPath, output: output, options: options,
      conversation: conversation, calibrate: { path, _, _ in try calibrated(path, set) }
    ).run(heard)
  }

  /// Sets the thresholds of the moved model anew, as `calibrate` does.
  private func calibrated(_ path: String, _ set: RecordingSet) throws -> [ModelFile.Machine] {
    var moved = graph
    guard let index = moved.nodes.firstIndex(where: { $0.name == node.name }) else { return [] }
    moved.set(index, "model", .text(path))
    var quiet = conversation
    let progress = conversation.progress
    quiet.progress = { progress(0.8 + 0.2 * $0, $1) }
    let run = try CalibrationRun(moved, node: node.name, rule: options.rule, isForced: true, conversation: quiet)
    return try run.run(set, output: path).machines
  }
}
