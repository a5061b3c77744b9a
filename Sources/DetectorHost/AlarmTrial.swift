import CNodeABI
import GraphCompiler
import GraphEngine
import GraphText
import NodeABI

/// A score of one channel as input of an alarm: its value, its token's place, and its marks.
public struct HeardScore: Sendable {
  public var score: Double
  let head: auscult_head
  let marks: UInt8

  package init(score: Double, head: auscult_head, marks: UInt8) {
    self.score = score
    self.head = head
    self.marks = marks
  }

  /// A score that sounds, with nothing lost before it.
  package init(score: Double, index: Int64) {
    self.init(
      score: score, head: auscult_head(origin: 0, index: index, segment: 0, flags: 0, generation: 1),
      marks: Marks.unmarked.rawValue)
  }
}

/// Runs a graph's alarm, with its class and parameters, over recorded scores, for any threshold.
///
/// Thread: any, one at a time.
public final class AlarmTrial {
  /// Scores per call: the alarm has room for their events, see its `burst`.
  private static let most = 64

  private let graph: Graph
  private let instance: NodeInstance
  private let record: FormatRecord
  private let configuration: Configuration
  private let arena = Arena()
  private let output: UnsafeMutablePointer<auscult_block>

  /// The scores of one stream, in order, in the node's format.
  public final class Stream {
    fileprivate let arena = Arena()
    fileprivate let block: UnsafeMutablePointer<auscult_block>
    fileprivate let count: Int

    fileprivate init(_ scores: [HeardScore], _ record: FormatRecord) {
      count = scores.count
      block = arena.block(record.native, capacity: max(1, count), producer: nil)
      for (index, score) in scores.enumerated() {
        var native = auscult_score()
        native.score = score.score
        native.class_index = -1
        (block.pointee.data + index * Int(block.pointee.token_stride))
          .assumingMemoryBound(to: auscult_score.self).pointee = native
        block.pointee.heads[index] = score.head
        block.pointee.marks?[index * Int(block.pointee.mark_token_stride)] = score.marks
      }
    }

    fileprivate func setThreshold(_ threshold: Double) {
      for index in 0..<count {
        (block.pointee.data + index * Int(block.pointee.token_stride))
          .assumingMemoryBound(to: auscult_score.self).pointee.threshold = threshold
      }
    }
  }

  /// - Parameters:
  ///   - node: an alarm of the graph. The graph's models must exist.
  ///   - rate: the driver's, in frames per second.
  /// - Throws: errors of the graph or the node, at their line.
  public init(
    _ graph: Graph, node: Graph.Node, rate: Int, log: @escaping @Sendable (LogLevel, String, String) -> Void
  ) throws {
    self.graph = graph
    var format = try Engine(graph: graph).input(of: node.name, rate: rate).record.format
    // Channels are judged one by one, because their alarms are independent.
    format.channels = 1
    record = FormatRecord(format, machines: [node.name])
    do {
      instance = try NodeInstance(node, graph: graph.name, services: HostServices(log: log))
      configuration = try instance.configure(
        rate: rate, quantum: Compiler.quantum, inputs: [ConfiguredInput(format: record, port: 0, node: "")],
        memory: MemoryLimit.standard.bytes)
      try instance.activate()
    } catch {
      throw DiagnosticsError([graph.diagnostic(NodeFailure(error), node: node)])
    }
    output = arena.block(
      configuration.outputs[0].native, capacity: 8 * Self.most + configuration.bursts[0], producer: nil)
  }

  public func stream(_ scores: [HeardScore]) -> Stream { Stream(scores, record) }

  /// Seconds at which the alarm is raised with this threshold, from a fresh start.
  ///
  /// - Throws: diagnostics at the node if it fails.
  public func raised(_ stream: Stream, threshold: Double) throws(DiagnosticsError) -> [Double] {
    stream.setThreshold(threshold)
    try restart()
    var times: [Double] = []
    var begin = 0
    while begin < stream.count {
      let count = min(Self.most, stream.count - begin)
      var part = stream.block.pointee
      part.count = UInt32(count)
      part.data += begin * Int(part.token_stride)
      part.heads += begin
      part.marks = part.marks.map { $0 + begin * Int(part.mark_token_stride) }
      part.complete = end(part.heads[count - 1])
      try process(part)
      for index in 0..<Int(output.pointee.count) {
        let event = (output.pointee.data + index * Int(output.pointee.token_stride))
          .assumingMemoryBound(to: auscult_event.self).pointee
        if event.state == AUSCULT_EVENT_RAISED { times.append(Double(event.end) / Double(record.format.driver_rate)) }
      }
      begin += count
    }
    return times
  }

  /// Driver frame position where a token ends.
  private func end(_ head: auscult_head) -> Int64 {
    withUnsafePointer(to: record.format) { format in
      withUnsafePointer(to: head) { head in
        max(0, floorDivide(StreamTime(format).endTicks(head), format.pointee.denominator))
      }
    }
  }

  /// Resets the node.
  private func restart() throws(DiagnosticsError) {
    instance.native.pointee.deactivate(instance.pointer)
    var error = auscult_error.empty
    guard instance.native.pointee.activate(instance.pointer, &error) == AUSCULT_OK else { throw failure() }
  }

  private func process(_ part: auscult_block) throws(DiagnosticsError) {
    output.pointee.count = 0
    let status = withUnsafePointer(to: part) { instance.process($0, to: output) }
    guard status == AUSCULT_OK else { throw failure() }
  }

  private func failure() -> DiagnosticsError {
    DiagnosticsError([
      graph.diagnostic(
        NodeFailure(text: "failed when it was tried on scores that were held out", parameter: nil), node: instance.node)
    ])
  }
}
