import CNodeABI
import GraphCompiler
import GraphEngine
import GraphText
import Models
import NodeABI
import NodeHost

/// A figure that a class reports about what it has learned: `report/1`.
public struct DetectorFigure: Sendable, Equatable {
  /// A machine, or "".
  public var of: String
  public var name: String
  public var value: Double
}

/// Trains a class that has `trainer/1`, in any language: `begin`, `take` for each machine, `fit`, `result`, `end`. If
/// the class learns in rounds, `take` and `fit` may be called again.
///
/// Thread: any, one at a time. Training beside a running graph uses a thread of its own.
public final class DetectorTrainer: @unchecked Sendable {
  /// The result of a training.
  public struct Result: Sendable {
    public var tensors: [String: Tensor] = [:]
    public var texts: [String: String] = [:]
    public var figures: [DetectorFigure] = []
  }

  private let graph: Graph
  private let node: Graph.Node
  private let instance: NodeInstance
  private let trainer: UnsafePointer<auscult_trainer>
  private var session: Session?

  /// Memory that the class may read from `begin` to `end`.
  private final class Session {
    let input: DetectorInput
    let listener: TrainingListener
    let arena = Arena()
    /// The tokens of each machine, until the next round replaces them.
    var examples: [Int: (arena: Arena, shared: TrainingExamples)] = [:]

    init(_ input: DetectorInput, _ listener: TrainingListener) {
      self.input = input
      self.listener = listener
    }
  }

  /// Whether a class learns from labelled tokens (a classifier); nil: it can't be trained.
  public static func learnsLabels(_ nodeClass: NodeClass) -> Bool? {
    flags(nodeClass).map { $0 & AUSCULT_TRAINER_LABELS != 0 }
  }

  /// Whether a class continues to learn from the tokens of further rounds.
  public static func learnsInRounds(_ nodeClass: NodeClass) -> Bool {
    (flags(nodeClass) ?? 0) & AUSCULT_TRAINER_ROUNDS != 0
  }

  /// Whether another seed may give another model.
  public static func drawsBySeed(_ nodeClass: NodeClass) -> Bool {
    flags(nodeClass).map { $0 & AUSCULT_TRAINER_SEEDLESS == 0 } ?? false
  }

  /// Whether a class gets tokens as views, not as copies.
  public static func takesViews(_ nodeClass: NodeClass) -> Bool {
    (flags(nodeClass) ?? 0) & AUSCULT_TRAINER_VIEWS != 0
  }

  private static func flags(_ nodeClass: NodeClass) -> UInt32? {
    guard nodeClass.traits.contains(.trainable), let ability = nodeClass.ability(AUSCULT_TRAINER) else { return nil }
    return ability.assumingMemoryBound(to: auscult_trainer.self).pointee.flags
  }

  /// Creates an instance of a node of the graph, which must be trainable.
  public init(
    _ graph: Graph, node: Graph.Node, log: @escaping @Sendable (LogLevel, String, String) -> Void
  ) throws(DiagnosticsError) {
    self.graph = graph
    self.node = node
    guard let ability = node.nodeClass.ability(AUSCULT_TRAINER) else {
      preconditionFailure("\(node.nodeClass.name) cannot be trained")
    }
    trainer = ability.assumingMemoryBound(to: auscult_trainer.self)
    do {
      instance = try NodeInstance(node, graph: graph.name, services: HostServices(log: log))
    } catch {
      throw DiagnosticsError([graph.diagnostic(NodeFailure(error), node: node)])
    }
  }

  deinit { end() }

  // MARK: Steps

  /// Begins a training.
  ///
  /// - Parameter labels: the classes to tell apart, if the class uses labels.
  /// - Throws, as all steps do: `DiagnosticsError` at the node, or at the wrong parameter.
  public func begin(
    _ input: DetectorInput, machines: [String], labels: [String], seed: UInt64, listener: TrainingListener
  ) throws(DiagnosticsError) {
    end()
    let session = Session(input, listener)
    let arena = session.arena
    let training = arena.array([
      auscult_training(
        size: UInt32(MemoryLayout<auscult_training>.size), machine_count: UInt32(machines.count),
        machines: arena.texts(machines), label_count: UInt32(labels.count), reserved: 0, labels: arena.texts(labels),
        format: input.record.native, seed: seed, context: Unmanaged.passUnretained(listener).toOpaque(),
        progress: { training, done, what in
          TrainingListener.of(training!.pointee.context).progress(done, String(cString: what!)) ? 1 : 0
        },
        epoch: { training, epoch in
          TrainingListener.of(training!.pointee.context).epoch(TrainingEpoch(epoch!.pointee)).rawValue
        }, memory: UInt64(MemoryLimit.standard.bytes))
    ])
    self.session = session
    try check { trainer.pointee.begin(instance.pointer, training, $0) }
  }

  /// Passes the tokens of a machine, an index into those of `begin`: at least one token, all values finite. They
  /// replace those of the round before.
  public func take(_ examples: TrainingExamples, machine: Int) throws(DiagnosticsError) {
    guard let session else { preconditionFailure("take before begin") }
    let (arena, width) = (Arena(), session.input.rows * session.input.columns)
    let hasViews = trainer.pointee.flags & AUSCULT_TRAINER_VIEWS != 0
    var native = auscult_examples(
      size: UInt32(MemoryLayout<auscult_examples>.size), machine: UInt32(machine), count: UInt64(examples.count),
      width: UInt64(width), values: hasViews ? nil : copies(of: examples, width: width, in: arena),
      labels: keep(arena, examples.labels), recordings: keep(arena, examples.recordings),
      tokens: hasViews ? keep(arena, examples.tokens.map { Optional($0) }) : nil)
    // The old tokens stay valid until the call returns.
    defer { session.examples[machine] = (arena, hasViews ? examples : TrainingExamples()) }
    try check { trainer.pointee.take(instance.pointer, &native, $0) }
  }

  /// Learns from the tokens; may take long.
  public func fit() throws(DiagnosticsError) { try check { trainer.pointee.fit(instance.pointer, $0) } }

  /// What was learned so far.
  public func result() throws(DiagnosticsError) -> Result {
    let collector = ModelCollector()
    var writer = collector.native
    try withExtendedLifetime(collector) { () throws(DiagnosticsError) in
      try check { trainer.pointee.write(instance.pointer, &writer, $0) }
    }
    var result = collector.result
    result.figures = figures()
    return result
  }

  /// Frees what was learned; also after a failure.
  public func end() {
    guard let session else { return }
    trainer.pointee.end(instance.pointer)
    withExtendedLifetime(session) { self.session = nil }
  }

  // MARK: All of them

  /// Learns from each machine's tokens, in the order of `machines`.
  public func train(
    _ input: DetectorInput, machines: [String], labels: [String], seed: UInt64, examples: [TrainingExamples],
    listener: TrainingListener
  ) throws(DiagnosticsError) -> Result {
    defer { end() }
    try begin(input, machines: machines, labels: labels, seed: seed, listener: listener)
    for (index, machine) in examples.enumerated() { try take(machine, machine: index) }
    try fit()
    return try result()
  }

  /// All tokens one after the other [count x width], as long as the arena lives.
  private func copies(of examples: TrainingExamples, width: Int, in arena: Arena) -> UnsafePointer<Float> {
    let values = arena.array(Float.self, count: examples.count * width)
    examples.withTokens { tokens in
      for (index, token) in tokens.enumerated() { (values + index * width).update(from: token, count: width) }
    }
    return UnsafePointer(values)
  }

  /// A copy that lives as long as the arena; nil if there are no values.
  private func keep<T>(_ arena: Arena, _ values: [T]) -> UnsafePointer<T>? {
    guard !values.isEmpty else { return nil }
    let copy = arena.array(T.self, count: values.count)
    copy.update(from: values, count: values.count)
    return UnsafePointer(copy)
  }

  private func figures() -> [DetectorFigure] {
    guard let ability = node.nodeClass.ability(AUSCULT_REPORT) else { return [] }
    let collector = FigureCollector()
    var sink = collector.native
    var error = auscult_error.empty
    _ = withExtendedLifetime(collector) {
      ability.assumingMemoryBound(to: auscult_report.self).pointee.report(instance.pointer, &sink, &error)
    }
    return collector.figures
  }

  private func check(_ call: (UnsafeMutablePointer<auscult_error>) -> auscult_status) throws(DiagnosticsError) {
    var error = auscult_error.empty
    guard call(&error) == AUSCULT_OK else {
      throw DiagnosticsError([graph.diagnostic(NodeFailure(error), node: node)])
    }
  }
}
