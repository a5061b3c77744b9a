import GraphEngine
import Isolation
import JACKDriver
import RunControl

/// The state of a live run at one moment.
public struct RunFigures: Sendable {
  /// The client's name and the graph's.
  public var name: String
  public var graph: String
  public var file: String?
  public var driver: DriverFigures
  /// Frames per second.
  public var rate: Int
  /// Seconds since the run began.
  public var seconds: Double
  public var statistics: EngineStatistics
  public var failedNodes: [String]
  /// Nodes that have failed in this run.
  public var quarantine: [QuarantineState]
  /// Nodes that have not returned from a call for a long time: "judge (process)".
  public var lateNodes: [String]
  /// How many instances of each node were given up, because a thread did not return from them.
  public var abandoned: [String: Int]
  /// Outputs that can't be written now.
  public var blockedOutputs: [BlockedOutput]
  /// Tokens that outputs could not write.
  public var lostByOutputs: Int
  /// What nodes report about themselves.
  public var nodeFigures: [NodeFigure]
  /// Nodes in processes of their own.
  public var isolated: [IsolationState]
  public var machines: [MachineHealth]
  /// The graph's generation; grows with every change.
  public var generation: Int
  /// "sha256:..." of its nodes, parameters and links, as in the notes of clips.
  public var graphHash: String
  /// The change in progress, or the last one.
  public var swap: SwapStatus?
  /// The progress of training; nil once the whole graph runs.
  public var training: LearningProgress?
  /// Where the graph that judges comes from.
  public var source: GraphSource?
  /// The graph that runs, with its values.
  var running: Graph

  /// Thread: control.
  init(
    name: String, rate: Int, seconds: Double, engine: Engine, driver: DriverFigures, machines: [MachineHealth],
    training: LearningProgress?, source: GraphSource?, quarantine: [QuarantineState]
  ) {
    self.name = name
    self.rate = rate
    self.seconds = seconds
    self.driver = driver
    self.machines = machines
    self.training = training
    self.source = source
    self.quarantine = quarantine
    running = engine.graph
    graph = running.name
    file = running.file
    statistics = engine.statistics
    failedNodes = statistics.nodes.filter(\.hasFailed).map(\.name).sorted()
    lateNodes = engine.lateNodes.map { "\($0.node) (\($0.function))" }.sorted()
    abandoned = engine.abandonedInstances
    blockedOutputs = engine.blockedOutputs
    lostByOutputs = engine.lostByOutputs
    nodeFigures = engine.figures
    isolated = IsolationList.shared.all
    swap = engine.swapStatus
    generation = Self.generation(engine)
    graphHash = engine.graphHash(of: generation)
  }

  /// The generation of the graph that judges now. During a swap that is the new graph, from the exchange on, unless the old
  /// one returns.
  private static func generation(_ engine: Engine) -> Int {
    guard engine.isSwapping, let swap = engine.swapStatus else { return engine.generation }
    if swap.position != nil && swap.reason == nil { return swap.generation }
    return swap.returnGeneration ?? engine.generation
  }

  /// The worst state of any machine, failed node, blocked output or node whose process is to start again; `leaking`: all is
  /// well but for the memory and the threads of instances that were given up.
  public var health: String {
    if !failedNodes.isEmpty { return MachineHealth.State.failed.rawValue }
    let states = machines.map(\.state)
    let worst = MachineHealth.State.allCases.last { states.contains($0) } ?? .ok
    let isBlocked = !blockedOutputs.isEmpty || isolated.contains { $0.process == nil }
    guard worst == .ok else { return worst.rawValue }
    return isBlocked ? "blocked" : abandoned.isEmpty ? worst.rawValue : "leaking"
  }

  /// The realtime thread's computing time, as a share of the duration of the sound.
  public var load: Double {
    statistics.frames == 0
      ? 0 : Double(statistics.busyNanoseconds) / 1e9 / (Double(statistics.frames) / Double(rate))
  }
}
