import FoundationEssentials
import Glibc
import GraphEngine
import SystemCalls

/// A folder for the files of a measurement, among them the outputs of sinks, so that no records are overwritten.
struct ScratchOutputs {
  let folder: String

  init() throws(Failure) {
    var template = Array((FileManager.default.temporaryDirectory.path + "/auscult-bench-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Failure("cannot make a scratch folder: \(systemReason())")
    }
    folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  /// The graph with every output path inside the folder.
  func redirect(_ graph: Graph) throws -> Graph {
    var graph = graph
    for (index, node) in graph.nodes.enumerated() {
      for (number, argument) in node.arguments.enumerated() {
        guard node.nodeClass.parameter(argument.name)?.kind == .outputPath, case .text(let path) = argument.value else {
          continue
        }
        let own = "\(folder)/\(index)"
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        graph.nodes[index].arguments[number].value = .text(own + "/output." + URL(fileURLWithPath: path).pathExtension)
      }
    }
    return graph
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
