import Glibc
import GraphEngine
import Models
import OutputFiles
import TextEscapes

/// The path that a model is written to.
enum ModelPath {
  /// Refuses to replace anything that a model must not replace, makes its folder, and checks that it is writable,
  /// before the long work begins.
  ///
  /// - Parameters:
  ///   - graph: the graph in training; files that it reads are protected ...
  ///   - model: ... except this one.
  ///   - set: recordings that are read.
  static func prepare(_ output: String, graph: Graph, model: String?, set: RecordingSet? = nil) throws {
    var outputs = OutputGuard(graph)
    outputs.protect(set?.recordings.map(\.path) ?? [], as: "a recording that is read")
    if let set { outputs.protect([set.source], as: "what lists the recordings") }
    if let model, FileIdentity(model) == FileIdentity(output) { outputs.allow(output) }
    if let problem = outputs.problem(output) { throw TrainingError("\(output): \(problem)") }
    try checkContent(output)
    try makeOutputFolder(LinkedPath.split(LinkedPath.resolved(output)).folder)
    if let reason = writableProblem(LinkedPath.resolved(output)) {
      throw TrainingError(
        "\(output): nothing can be written there (\(reason)); check the folder's permissions, and its disk")
    }
  }

  /// Only a model may be replaced.
  private static func checkContent(_ output: String) throws {
    var status = stat()
    guard stat(PathText.bytes(output), &status) == 0 else { return }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: throw TrainingError("\(output): is a folder; give the name of a file to write")
    case S_IFREG: break
    default: throw TrainingError("\(output): is a device or a pipe, not a file; give the name of a file to write")
    }
    if status.st_size > 0, (try? OpenModel(path: output)) == nil {
      throw TrainingError(
        "\(output): exists and is not a model; it stays unchanged: give another name, or move it away")
    }
  }
}

/// Makes a folder for results, and its parents, before the long work begins.
///
/// - Throws: `TrainingError`.
func makeOutputFolder(_ path: String) throws {
  do {
    try OutputFolder.makeAll(path)
  } catch {
    throw TrainingError(error.description)
  }
}

extension Graph.Node {
  /// The model file of the node.
  var modelPath: String? {
    if case .text(let path)? = argument("model")?.value { return path }
    return nil
  }
}
