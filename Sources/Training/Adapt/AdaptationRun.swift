import DetectorHost
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
  private let callbacks: WorkCallbacks

  /// - Parameter node: name of the detector; nil: the only one.
  public init(_ graph: Graph, node: String?, options: AdaptationOptions, callbacks: WorkCallbacks) throws {
    self.graph = graph
    self.options = options
    self.callbacks = callbacks
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

  /// Writes the adapted model completely or not at all.
  public func run(_ set: RecordingSet, output: String) throws -> AdaptationSummary {
    try ModelPath.prepare(output, graph: graph, model: modelPath, set: set)
    var recordings = set.recordings.filter { $0.label == Label.normal }
    guard !recordings.isEmpty else { throw TrainingError("\(set.source): has no normal recordings to adapt to") }
    do {
      try TrainedOn(ModelFile(path: modelPath)).check(recordings, isForced: options.isForced, callbacks)
    } catch let error as ModelError {
      throw TrainingError(error.description)
    }
    if !options.isForced { try RecordingSet.checkSensors(recordings, channels: graph.channels ?? .max, callbacks) }
    recordings = recordings.withoutCopies(callbacks)
    let first = recordings[0]
    let store = TapStore()
    let tapped = graph.tapped(inPlaceOf: node.name, store)
    let input = try Engine(graph: tapped).input(of: node.name, rate: try AudioFileRate.of(first))
    for recording in recordings {
      let other = try Engine(graph: tapped).input(of: node.name, rate: try AudioFileRate.of(recording))
      guard let difference = other.differences(from: input).first else { continue }
      throw TrainingError(
        "\(recording.path): its tokens differ from those of \(first.path) (\(difference)): give recordings of one "
          + "rate, or put a 'resample' node after the source")
    }
    let names = MachineNames(graph: input.machines)
    try names.check(recordings)
    var heard: [String: HeardSound] = [:]
    let groups = recordings.groupNumbers
    try TapRun(callbacks: callbacks, share: 0...0.9, what: "listening to").run(tapped, recordings) {
      index, recording in
      let tokens = store.take()
      for channel in names.graph.indices {
        guard let machine = names.name(recording, channel: channel) else { continue }
        let own = tokens.filter { $0.channel == channel }
        guard own.contains(where: { !$0.isSilent }) else { continue }
        // Tokens with NaN or infinite values end a stretch.
        let stretches = own.split { !$0.values.allSatisfy(\.isFinite) }.map {
          HeardSound.Stretch(recording: recording, number: index, group: groups[index], tokens: Array($0))
        }
        heard[machine, default: HeardSound(channel: channel)].stretches += stretches
      }
    }
    var options = options
    options.origin = [
      "files": .array(
        recordings.map { .text(PathText.shown($0.path.split(separator: "/").last.map(String.init) ?? $0.path)) })
    ]
    return try Adaptation(
      graph: graph, node: node, input: input, path: modelPath, output: output, options: options,
      callbacks: callbacks
    ).run(heard)
  }
}
