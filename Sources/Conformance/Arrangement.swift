import CNodeABI
import NodeHost
import NodeRigs

/// Input formats and parameters that a class accepts.
struct Arrangement {
  /// One linked input.
  struct Input {
    var port: Int
    var format: RigFormat
  }

  var nodeClass: NodeClass
  var settings: [String: Setting] = [:]
  var inputs: [Input] = []
  /// Driver frames per second, and the most in one call.
  var rate = 48000
  var quantum = 1024
  /// Frames of a stimulus.
  var frames = 8192

  /// Memory that a node may use, in bytes.
  static let memory = 256 << 20

  func configure(_ rig: NodeRig) throws {
    try rig.configure(
      inputs.map(\.format.native), ports: inputs.map(\.port), from: inputs.indices.map { "upstream-\($0)" },
      rate: rate, quantum: quantum, memory: Self.memory)
    guard rig.answer.memory <= UInt64(Self.memory) else {
      throw NodeRig.Failure("would use \(rig.answer.memory) bytes, although \(Self.memory) were offered")
    }
  }

  /// The tokens of several inputs arrive together.
  var isJoined: Bool { !nodeClass.inputs.contains { $0.flags.contains(.independent) } }

  /// "audio, 2 channels, 48000 Hz".
  var text: String {
    let streams = inputs.map { input -> String in
      let format = input.format.native
      let shape = format.rows * format.columns > 1 ? " x \(format.rows) x \(format.columns)" : ""
      return "\(StreamKinds(rawValue: format.kind)) \(format.channels)\(shape)"
    }
    return (streams.isEmpty ? "no input" : streams.joined(separator: " + ")) + ", \(rate) frames/s"
  }

  typealias StreamKinds = Port.Kinds
}
