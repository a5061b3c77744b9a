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

  /// Bytes that a node has written.
  func size(ofNode index: Int) -> Int {
    let own = "\(folder)/\(index)"
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: own)) ?? []
    return names.reduce(0) { sum, name in
      var status = stat()
      guard stat("\(own)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return sum }
      return sum + Int(status.st_size)
    }
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
