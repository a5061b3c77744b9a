import GraphEngine
import GraphText
import NodeHost
import Records

/// A short run of a graph on noise, with its outputs in a scratch folder: how fast it is, and how much it writes.
struct GraphMeasurement {
  struct Output {
    var node: String
    var path: String
    var bytesPerDay: Double
    /// Bytes that the node keeps at most; nil: it has no limit.
    var limit: Double?
  }

  /// Seconds of sound, long enough for detectors that learn for a minute, and of time.
  private static let (sound, time) = (120, 5.0)

  /// Seconds of sound per second.
  private(set) var speed = 0.0
  private(set) var inputs: [ExternalPort] = []
  private(set) var failed: [String] = []
  private(set) var outputs: [Output] = []

  init(_ graph: Graph, rate: Int) throws {
    let scratch = try ScratchOutputs()
    defer { scratch.remove() }
    var options = EngineOptions()
    options.isRehearsal = true
    options.workerThreads = 0
    let driver = try HandDriver(Engine(graph: scratch.redirect(graph), options: options), rate: rate)
    inputs = driver.engine.externalInputs
    let noise = try BenchSound(file: nil, rate: rate, seconds: 1).piece(from: 0, frames: rate, channels: inputs.count)
    let began = ContinuousClock.now
    var seconds = 0
    var half = (seconds: 0, sizes: [Int](repeating: 0, count: graph.nodes.count))
    while seconds < Self.sound, .now - began < .seconds(Self.time) {
      if seconds == Self.sound / 2 { half = (seconds, graph.nodes.indices.map(scratch.size)) }
      if inputs.isEmpty { driver.run(frames: rate) { 256 } } else { driver.feed(noise, period: 256) }
      driver.engine.drain()
      seconds += 1
    }
    speed = Double(seconds) / ((ContinuousClock.now - began) / .seconds(1))
    driver.finish()
    failed = driver.engine.failedNodes.sorted()
    // The second half alone, if there is one: a detector that learns gives no scores in the first.
    for (index, node) in graph.nodes.enumerated() {
      let bytes = Double(max(0, scratch.size(ofNode: index) - half.sizes[index]))
      if let output = Self.output(node, bytesPerDay: bytes / Double(seconds - half.seconds) * 86_400) {
        outputs.append(output)
      }
    }
  }

  /// A queue, which holds something only while nobody takes it, is none of them.
  private static func output(_ node: Graph.Node, bytesPerDay: Double) -> Output? {
    let parameter = node.nodeClass.parameters.first { $0.kind == .outputPath && $0.name != "queue" }
    guard let parameter, case .text(let path)? = node.argument(parameter.name)?.value, path != "-" else { return nil }
    return Output(node: node.name, path: path, bytesPerDay: bytesPerDay, limit: limit(node))
  }

  private static func limit(_ node: Graph.Node) -> Double? {
    for name in ["keep_bytes", "limit"] {
      if case .text(let text)? = node.argument(name)?.value, case .bytes(let bytes)? = try? RotationLimit(text) {
        return Double(bytes)
      }
    }
    return nil
  }
}
