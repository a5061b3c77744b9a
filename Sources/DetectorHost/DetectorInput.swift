import CNodeABI
import GraphCompiler
import GraphEngine
import GraphText
import JSONText
import Models
import NodeABI

/// The input of a detector: the format of its tokens, and the nodes that they pass through.
public struct DetectorInput: Sendable {
  public let rows: Int
  public let columns: Int
  /// Tokens per second, seconds that a token covers, and seconds from one token to the next.
  public let rate: Double
  public let extent: Double
  public var period: Double { 1 / rate }
  /// Hertz of each column, or empty.
  public let frequencies: [Float]
  /// The machine of each channel.
  public let machines: [String]
  /// "slice, 1 channel x 51 frames x 128 bands, 8.6/s".
  public let text: String
  /// The driver's frames per second.
  public var driverRate: Int { Int(record.format.driver_rate) }
  /// The front end, as models store it.
  public let frontEnd: JSONValue
  let record: FormatRecord

  /// The differences to another input's front end, one line each; empty: the same sound gives the same tokens.
  public func differences(from other: DetectorInput) -> [String] {
    FrontEnd.differences(frontEnd, other.frontEnd)
      + (rows == other.rows && columns == other.columns
        ? [] : ["\(rows) x \(columns) values, not \(other.rows) x \(other.columns)"])
  }

  /// The differences to the front end of a model, one line each.
  public func differences(fromModel frontEnd: JSONValue) -> [String] { FrontEnd.differences(self.frontEnd, frontEnd) }

  init(_ record: FormatRecord, frontEnd: JSONValue) {
    let format = record.format
    self.record = record
    self.frontEnd = frontEnd
    rows = Int(format.rows)
    columns = Int(format.columns)
    rate = format.rate
    extent = Double(format.extent) / Double(format.denominator) / Double(format.driver_rate)
    frequencies = (0..<Int(format.frequency_count)).compactMap { format.frequencies?[$0] }
    machines = record.machines
    text = describe(format)
  }
}

extension Engine {
  /// The first input of a node, for a driver's rate. Nothing runs. Not while the engine is prepared.
  public func input(of node: String, rate: Int) throws(DiagnosticsError) -> DetectorInput {
    let draft = try Compiler.compile(graph: graph, instances: instances, rate: rate, options: options.compiler)
    guard let index = graph.nodes.firstIndex(where: { $0.name == node }), let link = draft.incoming[index].first,
      let record = draft.format(link)
    else { preconditionFailure("'\(node)' is no linked node") }
    return DetectorInput(record, frontEnd: FrontEnd.describe(draft, before: index))
  }

  /// The bands [columns] and moments [rows] that make a token's score, or nil if the class can't tell: `explain/1`.
  ///
  /// Prepared engines only, while no cycle runs. `token` is [rows x columns].
  public func explain(node: String, channel: Int, token: [Float], rows: Int, columns: Int) -> (
    bands: [Float], moments: [Float]
  )? {
    guard let (instance, ability) = explainer(node), token.count == rows * columns else { return nil }
    var bands = [Float](repeating: 0, count: columns)
    var moments = [Float](repeating: 0, count: rows)
    var error = auscult_error.empty
    let status = ability.pointee.explain(instance.pointer, UInt32(channel), token, &bands, &moments, &error)
    return status == AUSCULT_OK ? (bands, moments) : nil
  }

  /// A token as the detector's model reconstructs it, in the token's units [rows x columns], or nil if the class can't:
  /// `explain/1` since ABI 1.1.
  ///
  /// Prepared engines only, while no cycle runs.
  public func reconstruct(node: String, channel: Int, token: [Float]) -> [Float]? {
    let end = MemoryLayout<auscult_explain>.offset(of: \.reconstruct)! + MemoryLayout<UnsafeRawPointer>.size
    guard let (instance, ability) = explainer(node), Int(ability.pointee.size) >= end,
      let reconstruct = ability.pointee.reconstruct
    else { return nil }
    var made = [Float](repeating: 0, count: token.count)
    var error = auscult_error.empty
    let status = reconstruct(instance.pointer, UInt32(channel), token, &made, &error)
    return status == AUSCULT_OK && made.allSatisfy(\.isFinite) ? made : nil
  }

  private func explainer(_ node: String) -> (NodeInstance, UnsafePointer<auscult_explain>)? {
    guard let instance = instances.first(where: { $0.node.name == node }), instance.state == .active,
      let ability = instance.nodeClass.ability(AUSCULT_EXPLAIN)
    else { return nil }
    return (instance, ability.assumingMemoryBound(to: auscult_explain.self))
  }
}
