import DetectorHost
import GraphEngine
import GraphText
import Models
import NodeHost

/// Trains and evaluates graphs with several seeds, one after the other, on the same recordings. Results in the store
/// are not computed again.
public struct ComparisonRun {
  public struct Options: Sendable {
    /// The detector; nil: the graph's only one.
    public var node: String?
    public var seeds: [UInt64] = [42]
    /// Nil: the default of the class.
    public var rule: ThresholdRule?
    /// Share of recordings without parts that is set aside for testing.
    public var test = 0.3
    /// Continues although some recordings are in both training and test.
    public var isForced = false
    /// Path of the reference graph; nil: the best.
    public var reference: String?
    /// Of the program.
    public var version = ""

    public init() {}
  }

  /// A graph file, and the result of reading it.
  public struct Entrant {
    let path: String
    let graph: Result<Graph, any Error>

    public init(_ path: String, _ load: () throws -> Graph) {
      self.path = path
      graph = Result { try load() }
    }

    public var loaded: Graph? { try? graph.get() }
  }

  let options: Options
  let store: ResultStore
  let callbacks: WorkCallbacks

  public init(_ options: Options, store: ResultStore, callbacks: WorkCallbacks) {
    self.options = options
    self.store = store
    self.callbacks = callbacks
  }

  /// - Throws: `TrainingError` where nothing can be compared; `ComparisonInterrupted`. A graph that fails becomes a row
  ///   with the reason.
  public func run(_ entrants: [Entrant], _ set: RecordingSet) throws -> Comparison {
    let labels = set.labels
    let isClassification = !Label.isAnomalyTask(labels)
    let set = divided(set, learnsLabels: isClassification || entrants.contains(where: learnsLabels))
    try check(set, isClassification)
    try store.prepare()
    var comparison = Comparison(
      source: set.source,
      recordings: Dictionary(grouping: set.recordings.compactMap(\.part)) { $0 }.mapValues(\.count),
      isClassification: isClassification, seeds: options.seeds, reference: options.reference)
    let work = Work(run: self, set: set, count: entrants.count)
    for entrant in entrants { comparison.rows.append(try work.row(entrant)) }
    return comparison
  }

  private func learnsLabels(_ entrant: Entrant) -> Bool {
    guard case .success(let graph) = entrant.graph, let node = try? graph.detector(options.node) else { return false }
    return DetectorTrainer.learnsLabels(node.nodeClass) ?? false
  }

  /// Recordings without parts get parts, the same for all graphs and seeds. Anomalous recordings are for testing only,
  /// unless a graph learns from them.
  private func divided(_ set: RecordingSet, learnsLabels: Bool) -> RecordingSet {
    guard !set.hasParts else { return set }
    var set = SplitPlan(test: options.test, heldOut: 0, seed: options.seeds[0]).divided(set)
    set.hasParts = true
    if !learnsLabels {
      for index in set.recordings.indices where set.recordings[index].label != Label.normal {
        set.recordings[index].part = .test
      }
    }
    return set
  }

  private func check(_ set: RecordingSet, _ isClassification: Bool) throws {
    let judged = set.recordings.filter { $0.part == .test }
    let labels = Set(judged.flatMap { [$0.label] + $0.events.map(\.label) }).subtracting([Label.unlabelled])
    let wanted = isClassification ? [] : [Label.normal, Label.anomalous]
    for label in wanted where !labels.contains(label) {
      throw TrainingError(
        "\(set.source): has no \(label) recordings to judge, so detectors cannot be compared: add some"
          + (label == Label.normal ? ", or set more aside (--test)" : ""))
    }
    guard labels.count >= 2 else {
      throw TrainingError("\(set.source): has no recordings of two labels to judge, so classifiers cannot be compared")
    }
  }
}
