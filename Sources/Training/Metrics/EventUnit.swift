import DetectorHost
import GraphEngine
import GraphText

/// What counts as one false alarm: an event of the graph's alarm, with its delays, or, if no alarm follows the
/// detector, a stretch of scores above the threshold.
public final class EventUnit {
  /// In models, and in messages.
  public enum Kind: String, Sendable {
    case alarm
    case stretch

    public var words: String {
      switch self {
      case .alarm: "events of the graph's alarm"
      case .stretch: "stretches of scores above the threshold"
      }
    }
  }

  public let kind: Kind
  private let graph: Graph?
  private let nodes: [Graph.Node]
  private let log: @Sendable (LogLevel, String, String) -> Void
  /// By the driver's rate: an alarm counts in its frames.
  private var trials: [Int: [AlarmTrial]] = [:]

  private init(
    _ kind: Kind, _ graph: Graph?, _ nodes: [Graph.Node], _ log: @escaping @Sendable (LogLevel, String, String) -> Void
  ) {
    self.kind = kind
    self.graph = graph
    self.nodes = nodes
    self.log = log
  }

  /// Stretches of scores above the threshold, see `ScoreStream.alarms`.
  public static var stretch: EventUnit { EventUnit(.stretch, nil, []) { _, _, _ in } }

  /// Events of all alarms directly after a detector, added up; stretches if there is none.
  ///
  /// - Parameter graph: its model files must exist.
  static func of(_ graph: Graph, after node: String, log: @escaping @Sendable (LogLevel, String, String) -> Void)
    -> EventUnit
  {
    let alarms = graph.alarms(after: node).map { graph.nodes[$0] }
    return alarms.isEmpty ? .stretch : EventUnit(.alarm, graph, alarms, log)
  }

  /// A stream, prepared for repeated counting.
  struct Prepared {
    let stream: ScoreStream
    fileprivate var alarms: [(trial: AlarmTrial, scores: AlarmTrial.Stream)] = []
  }

  func prepare(_ stream: ScoreStream) throws -> Prepared {
    var prepared = Prepared(stream: stream)
    guard kind == .alarm, let graph else { return prepared }
    let trials = try trials[stream.rate] ?? nodes.map { try AlarmTrial(graph, node: $0, rate: stream.rate, log: log) }
    self.trials[stream.rate] = trials
    prepared.alarms = trials.map { ($0, $0.stream(stream.heard)) }
    return prepared
  }

  /// Seconds of the stream at which a false alarm is raised.
  func raised(_ prepared: Prepared, above threshold: Double) throws -> [Double] {
    if kind == .stretch { return prepared.stream.alarms(above: threshold).map(\.begin) }
    return try prepared.alarms.flatMap { try $0.trial.raised($0.scores, threshold: threshold) }
  }
}

extension Graph {
  /// Places of the alarms that get a detector's scores directly.
  func alarms(after node: String) -> [Int] {
    let found = links.filter { nodes[$0.from.node].name == node && nodes[$0.to.node].nodeClass.name == "alarm" }
    return Set(found.map(\.to.node)).sorted()
  }
}
