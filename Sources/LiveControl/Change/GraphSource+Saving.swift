import Glibc
import GraphEngine
import OutputFiles
import SystemCalls
import TextEscapes

/// Writing an edited text into the graph's file.
extension GraphSource {
  /// The largest graph file.
  private static let mostBytes = 16 << 20

  /// The file's absolute path.
  var wholePath: String { path.hasPrefix("/") ? path : workingDirectory + "/" + path }

  /// The text of the file, as a graph has it.
  func text(of graph: Graph) -> String? { graph.contents[identity] }

  /// Why the file must not be written; nil: it has the text that was read.
  var problemOfSaving: String? {
    guard let present = WholeFile.read(wholePath, most: Self.mostBytes) else {
      return "\(wholePath) is no file that can be read; apply the text without saving it"
    }
    guard let savedText, present == Array(savedText.utf8) else {
      return "\(wholePath) was changed since the graph was read: apply the file first, or save the text elsewhere"
    }
    return nil
  }

  /// Writes a text into the file, which keeps its rights; a link stays one.
  ///
  /// - Returns: why it was not written.
  mutating func save(_ text: String) -> String? {
    if let problem = problemOfSaving { return problem }
    let target = LinkedPath.resolved(wholePath)
    var status = stat()
    guard stat(PathText.bytes(target), &status) == 0 else { return "\(target): \(systemReason())" }
    do {
      try WholeFile.write(Array(text.utf8), to: target, mode: status.st_mode & 0o777)
    } catch { return error.description }
    savedText = text
    return nil
  }
}
