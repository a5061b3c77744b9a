import CNodeABI
import Foundation
import TestSupport

typealias TokenBlock = RigBlock

/// One node with any inputs and outputs, and with the driver's channels; the test makes its blocks.
final class Rig {
  typealias Failure = NodeRig.Failure

  var outputs: [auscult_format] { rig.outputs }
  var answer: auscult_answer { rig.answer }
  private(set) var channelMap: [Int] = []
  private(set) var connect: [String] = []
  var log: [String] { rig.host.log }
  private(set) var inputFormats: [auscult_format] = []
  var inputFormat: auscult_format { inputFormats[0] }

  private let rig: NodeRig

  /// - Parameters:
  ///   - plugin: "mixing" for libauscult-mixing.so.
  ///   - settings: other parameters have their defaults.
  init(_ plugin: String, _ className: String, node: String = "node", _ settings: [String: Setting] = [:]) throws {
    let nodeClass = try NodeRig.find(className)
    guard nodeClass.library.path.hasSuffix("/libauscult-\(plugin).so") else {
      throw Failure("\(className) is of \(nodeClass.library.path)")
    }
    rig = try NodeRig(nodeClass, node: node, settings)
  }

  /// Configures and activates, with the formats of the linked inputs.
  func start(_ inputs: [auscult_format], rate: Int = 48000, quantum: Int = 1024) throws {
    rig.deactivate()
    inputFormats = inputs
    try rig.configure(inputs, rate: rate, quantum: quantum)
    readAnswer()
    try rig.activate()
  }

  private func readAnswer() {
    if let map = answer.channel_map { channelMap = (0..<Int(outputs[0].channels)).map { Int(map[$0]) } }
    var names = answer.external_connect
    connect = []
    while let name = names?.pointee {
      connect.append(String(cString: name))
      names! += 1
    }
  }

  func reset() { rig.reset() }

  /// One call of `process`. Output capacities are what the host would give.
  func process(
    _ inputs: [TokenBlock], position: Int64 = 0, frames: Int = 0, isEnd: Bool = false, external: [[Float]] = [],
    externalOutputs: inout [[Float]]
  ) throws -> [TokenBlock] {
    let results = outputs.indices.map { TokenBlock(outputs[$0], capacity: capacity(of: $0, inputs, frames)) }
    let memory = RigMemory()
    let played = (0..<Int(answer.external_outputs)).map { _ in
      memory.array([Float](repeating: .nan, count: frames))
    }
    try rig.process(
      inputs, outputs: results,
      clock: auscult_clock(position: position, frames: UInt32(frames), flags: isEnd ? AUSCULT_CLOCK_END : 0),
      externalInputs: external, externalOutputs: played)
    externalOutputs = played.map { Array(UnsafeBufferPointer(start: $0, count: frames)) }
    return results
  }

  func process(
    _ inputs: [TokenBlock], position: Int64 = 0, frames: Int = 0, isEnd: Bool = false, external: [[Float]] = []
  ) throws -> [TokenBlock] {
    var none: [[Float]] = []
    return try process(
      inputs, position: position, frames: frames, isEnd: isEnd, external: external, externalOutputs: &none)
  }

  private func capacity(of output: Int, _ inputs: [TokenBlock], _ frames: Int) -> Int {
    let period = Double(outputs[output].period) / Double(outputs[output].denominator)
    let span =
      inputs.map { Double($0.count) * Double($0.format.pointee.period) / Double($0.format.pointee.denominator) }.max()
      ?? Double(frames)
    return Int((span / period - 1e-9).rounded(.up)) + rig.bursts[output]
  }
}
