import CNodeABI
import GraphText
import Models
import NodeHost

/// The tokens of one machine, for training.
public struct TrainingExamples: Sendable {
  /// [count x width]; tokens of one recording lie together, in its order.
  public var values: [Float] = []
  /// [count] index into the labels; empty: all normal.
  public var labels: [Int32] = []
  /// [count] which recording each comes from.
  public var recordings: [UInt32] = []
  public var count: Int { recordings.count }

  public init() {}
}

/// A figure that a class tells of what it has learned: `report/1`.
public struct DetectorFigure: Sendable, Equatable {
  /// A machine, or "".
  public var of: String
  public var name: String
  public var value: Double
}

/// Trains a class that has `trainer/1`, whatever language it is written in.
public final class DetectorTrainer {
  /// What came out of it.
  public struct Result: Sendable {
    public var tensors: [String: Tensor] = [:]
    public var texts: [String: String] = [:]
    public var figures: [DetectorFigure] = []
  }

  private let graph: Graph
  private let node: Graph.Node
  private let instance: NodeInstance
  private let trainer: UnsafePointer<auscult_trainer>

  /// Whether a class takes labelled tokens (a classifier); nil: it cannot be trained.
  public static func learnsLabels(_ nodeClass: NodeClass) -> Bool? {
    guard nodeClass.traits.contains(.trainable), let ability = nodeClass.ability(AUSCULT_TRAINER) else { return nil }
    return ability.assumingMemoryBound(to: auscult_trainer.self).pointee.flags & AUSCULT_TRAINER_LABELS != 0
  }

  /// Makes an instance of a node of the graph, which must be trainable.
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
      throw DiagnosticsError([graph.diagnostic(Self.failure(error), node: node)])
    }
  }

  /// Learns from each machine's tokens, in the order of `machines`.
  ///
  /// - Parameters:
  ///   - examples: at least one token for each machine, all values finite.
  ///   - labels: classes to tell apart, for classes that take labels.
  ///   - progress: told how far it is, from 0 to 1, and with what; true: give up.
  /// - Throws: `DiagnosticsError` at the node, or at the parameter at fault.
  public func train(
    _ input: DetectorInput, machines: [String], labels: [String], seed: UInt64, examples: [TrainingExamples],
    progress: @escaping (Double, String) -> Bool
  ) throws(DiagnosticsError) -> Result {
    do {
      return try run(input, machines, labels, seed, examples, progress)
    } catch {
      throw DiagnosticsError([graph.diagnostic(Self.failure(error), node: node)])
    }
  }

  private static func failure(_ error: any Error) -> NodeFailure {
    error as? NodeFailure ?? NodeFailure(text: "\(error)", parameter: nil)
  }

  private func run(
    _ input: DetectorInput, _ machines: [String], _ labels: [String], _ seed: UInt64, _ examples: [TrainingExamples],
    _ progress: @escaping (Double, String) -> Bool
  ) throws -> Result {
    let arena = Arena()
    let listener = ProgressListener(progress)
    let training = arena.array([
      auscult_training(
        size: UInt32(MemoryLayout<auscult_training>.size), machine_count: UInt32(machines.count),
        machines: arena.texts(machines), label_count: UInt32(labels.count), reserved: 0, labels: arena.texts(labels),
        format: input.record.native, seed: seed, context: Unmanaged.passUnretained(listener).toOpaque(),
        progress: { training, done, what in
          let listener = Unmanaged<ProgressListener>.fromOpaque(training!.pointee.context).takeUnretainedValue()
          return listener.body(done, String(cString: what!)) ? 1 : 0
        })
    ])
    let functions = trainer.pointee
    defer {
      functions.end(instance.pointer)
      withExtendedLifetime(listener) {}
    }
    try check { functions.begin(instance.pointer, training, $0) }
    for (index, machine) in examples.enumerated() {
      try machine.values.withUnsafeBufferPointer { values in
        try machine.labels.withUnsafeBufferPointer { labels in
          try machine.recordings.withUnsafeBufferPointer { recordings in
            var native = auscult_examples(
              size: UInt32(MemoryLayout<auscult_examples>.size), machine: UInt32(index), count: UInt64(machine.count),
              width: UInt64(input.rows * input.columns), values: keep(arena, values), labels: keep(arena, labels),
              recordings: keep(arena, recordings))
            try check { functions.take(instance.pointer, &native, $0) }
          }
        }
      }
    }
    try check { functions.fit(instance.pointer, $0) }
    var result = try written(functions)
    result.figures = figures()
    return result
  }

  /// Examples stay valid until `end`: a copy that lives as long as the arena. Nil for none.
  private func keep<T>(_ arena: Arena, _ values: UnsafeBufferPointer<T>) -> UnsafePointer<T>? {
    guard !values.isEmpty else { return nil }
    let copy = arena.array(T.self, count: values.count)
    copy.update(from: values.baseAddress!, count: values.count)
    return UnsafePointer(copy)
  }

  private func written(_ functions: auscult_trainer) throws -> Result {
    let collector = ModelCollector()
    try withExtendedLifetime(collector) {
      var writer = collector.native
      try check { functions.write(instance.pointer, &writer, $0) }
    }
    return collector.result
  }

  private func figures() -> [DetectorFigure] {
    guard let ability = node.nodeClass.ability(AUSCULT_REPORT) else { return [] }
    let collector = FigureCollector()
    var sink = collector.native
    var error = auscult_error()
    error.size = UInt32(MemoryLayout<auscult_error>.size)
    _ = withExtendedLifetime(collector) {
      ability.assumingMemoryBound(to: auscult_report.self).pointee.report(instance.pointer, &sink, &error)
    }
    return collector.figures
  }

  private func check(_ call: (UnsafeMutablePointer<auscult_error>) -> auscult_status) throws {
    var error = auscult_error()
    error.size = UInt32(MemoryLayout<auscult_error>.size)
    guard call(&error) == AUSCULT_OK else { throw NodeInstance.failure(error) }
  }
}

private final class ProgressListener {
  let body: (Double, String) -> Bool
  init(_ body: @escaping (Double, String) -> Bool) { self.body = body }
}
