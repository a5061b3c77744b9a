import Glibc
import GraphText
import NodeHost
import OutputFiles
import TextEscapes

/// Keeps outputs from replacing files that a graph or a command reads, files that another output or run writes, and
/// disks. It compares the identity of files, not their names, before anything is opened.
public struct OutputGuard: Sendable {
  /// The protected files, with words for a message: "an input of this run".
  private var protected: [FileIdentity: String] = [:]
  /// Processes that may hold a file already: this one, and the run for which a graph is checked.
  public var ownProcesses: Set<pid_t> = [getpid()]

  /// Whether a file with a writer is refused. False if nothing is going to be written.
  public var looksForWriters = true

  public init() {}

  /// Protects everything that a graph reads: its files, its nodes' input files, the plugins.
  public init(_ graph: Graph) {
    protect([graph.file].compactMap { $0 }, as: "the graph file")
    protect(graph.contents.keys.sorted(), as: "a file that the graph includes")
    for node in graph.nodes {
      protect([node.nodeClass.library.path], as: "the plugin of '\(node.name)'")
      for path in node.paths(.inputPath) { protect([path.text], as: "a file that '\(node.name)' reads") }
    }
  }

  public mutating func protect(_ paths: [String], as what: String) {
    for path in paths {
      guard let identity = FileIdentity(path), protected[identity] == nil else { continue }
      protected[identity] = what
    }
  }

  public mutating func protect(_ other: OutputGuard) {
    protected.merge(other.protected) { mine, _ in mine }
    ownProcesses.formUnion(other.ownProcesses)
    looksForWriters = looksForWriters && other.looksForWriters
  }

  /// Allows a file that a command is to replace.
  public mutating func allow(_ path: String) {
    if let identity = FileIdentity(path) { protected[identity] = nil }
  }

  /// Why a path must not be written to, as the end of a message; nil: it may.
  public func problem(_ path: String) -> String? {
    var status = stat()
    let exists = stat(PathText.bytes(path), &status) == 0
    if exists, status.st_mode & S_IFMT == S_IFBLK { return "is a disk: nothing is written onto it" }
    if let what = FileIdentity(path).flatMap({ protected[$0] }) {
      return "is \(what), and would be written over; give another path"
    }
    if looksForWriters, case .held(let holder) = FileLock.look(path), holder.map({ !ownProcesses.contains($0) }) ?? true
    {
      return "is being written \(FileLock.words(holder)); give another path"
    }
    return nil
  }

  // MARK: Graphs

  /// Errors of the outputs of a graph's nodes.
  ///
  /// - Parameter running: files that the running graph writes. This run holds them.
  package func problems(_ graph: Graph, running: Set<FileIdentity> = []) -> [Diagnostic] {
    var writers: [FileIdentity: (node: Graph.Node, path: Graph.Node.Path)] = [:]
    var diagnostics: [Diagnostic] = []
    for node in graph.nodes {
      for path in node.paths(.outputPath) where !StandardStreams.isOutput(path.text) {
        let identity = FileIdentity(path.text)
        let isOurs = identity.map { running.contains($0) } ?? false
        if let text = problem(path.text), !(isOurs && text.hasPrefix("is being written")) {
          diagnostics.append(
            graph.diagnostic(
              code: "output", message: "'\(node.name)': \(path.text) \(text)", at: path.location ?? node.location))
        }
        guard let identity, !isStream(path.text) else { continue }
        if let other = writers.updateValue((node, path), forKey: identity) {
          diagnostics.append(twice(graph, other, (node, path)))
        }
      }
    }
    return diagnostics
  }

  private func twice(
    _ graph: Graph, _ first: (node: Graph.Node, path: Graph.Node.Path),
    _ second: (node: Graph.Node, path: Graph.Node.Path)
  ) -> Diagnostic {
    let place = (first.path.location ?? first.node.location).map { " (\($0.file):\($0.line):\($0.column))" } ?? ""
    return graph.diagnostic(
      code: "output-twice",
      message: "'\(second.node.name)' writes to the same file as '\(first.node.name)'\(place): \(second.path.text); "
        + "give one of them another path", at: second.path.location ?? second.node.location)
  }

  private func isStream(_ path: String) -> Bool {
    var status = stat()
    guard stat(PathText.bytes(path), &status) == 0 else { return false }
    return status.st_mode & S_IFMT == S_IFCHR || status.st_mode & S_IFMT == S_IFIFO
  }
}

extension Graph.Node {
  /// A file in a parameter.
  package struct Path {
    package var text: String
    package var location: SourceLocation?
  }

  /// The files in its parameters of a kind.
  package func paths(_ kind: Parameter.Kind) -> [Path] {
    nodeClass.parameters.filter { $0.kind == kind }.flatMap { parameter -> [Path] in
      guard let argument = argument(parameter.name) else { return [] }
      return argument.value.texts.map { Path(text: $0, location: argument.location) }
    }
  }
}

extension ParameterValue {
  fileprivate var texts: [String] {
    switch self {
    case .text(let text): text.isEmpty ? [] : [text]
    case .list(let items): items.flatMap(\.texts)
    case .map(let entries): entries.flatMap(\.1.texts)
    default: []
    }
  }
}
