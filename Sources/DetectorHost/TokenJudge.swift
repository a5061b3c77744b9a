import CNodeABI
import GraphCompiler
import GraphEngine
import GraphText

/// Lets a detector judge single recorded tokens without a running graph. The scores equal those of a run bit for bit.
///
/// Thread: any, one at a time.
public final class TokenJudge {
  private let graph: Graph
  private let instance: NodeInstance
  private let record: FormatRecord
  private let configuration: Configuration
  private let arena = Arena()
  private let input: UnsafeMutablePointer<auscult_block>
  private let output: UnsafeMutablePointer<auscult_block>
  private var judged: Int64 = 0

  /// Creates an instance of a node of the graph, with its model, for tokens of this format.
  ///
  /// - Throws: the node's errors, at its line.
  public init(
    _ graph: Graph, node: Graph.Node, input: DetectorInput, log: @escaping @Sendable (LogLevel, String, String) -> Void
  ) throws(DiagnosticsError) {
    self.graph = graph
    record = input.record
    do {
      instance = try NodeInstance(node, graph: graph.name, services: HostServices(log: log))
      configuration = try instance.configure(
        rate: Int(record.format.driver_rate), quantum: Compiler.quantum,
        inputs: [ConfiguredInput(format: record, port: 0, node: "")], memory: MemoryLimit.standard.bytes)
      try instance.activate()
    } catch {
      throw DiagnosticsError([graph.diagnostic(NodeFailure(error), node: node)])
    }
    self.input = arena.block(record.native, capacity: 1, producer: nil)
    output = arena.block(configuration.outputs[0].native, capacity: 1 + configuration.bursts[0], producer: nil)
  }

  /// The score of a token [rows x columns] of a channel.
  ///
  /// - Throws: diagnostics at the node if it fails or gives no score.
  public func score(_ token: [Float], channel: Int) throws(DiagnosticsError) -> Double {
    precondition(token.count == Int(record.format.rows) * Int(record.format.columns))
    input.pointee.count = 1
    for place in 0..<Int(record.format.channels) {
      (input.pointee.data + place * Int(input.pointee.channel_stride)).copyMemory(
        from: token, byteCount: token.count * MemoryLayout<Float>.stride)
      input.pointee.marks[place * Int(input.pointee.mark_channel_stride)] = UInt8(AUSCULT_MARK_SOUNDING)
    }
    input.pointee.heads[0] = auscult_head(origin: 0, index: judged, segment: 0, flags: 0, generation: 1)
    judged += 1
    output.pointee.count = 0
    guard instance.process(input, to: output) == AUSCULT_OK, output.pointee.count == 1 else {
      throw DiagnosticsError([
        graph.diagnostic(NodeFailure(text: "gave no score for a token", parameter: nil), node: instance.node)
      ])
    }
    let data = output.pointee.data + channel * Int(output.pointee.channel_stride)
    return data.assumingMemoryBound(to: auscult_score.self).pointee.score
  }
}
