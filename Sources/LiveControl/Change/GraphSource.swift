import FoundationEssentials
import Glibc
import GraphEngine
import GraphText
import NodeHost

/// Where a running graph comes from: the texts of its files as they were read, and all overrides since.
public struct GraphSource: Sendable {
  /// The file as given, and its path.
  public var file: String
  public var path: String
  /// Texts by path; empty: read the files.
  public var contents: [String: String] = [:]
  /// The text of the file itself when it was last read or written; nil: not known.
  var savedText: String?
  /// Each override replaces a value of the file and of earlier overrides.
  public var overrides: [OverrideText]
  /// The overrides of the command line that started the run.
  let original: [OverrideText]
  /// The run's working directory: relative output paths start here.
  public let workingDirectory: String

  /// - Parameters:
  ///   - file: as given; relative to the working directory.
  ///   - overrides: those of the command line.
  ///   - graph: as read.
  public init(
    file: String, overrides: [String], graph: Graph,
    workingDirectory: String = FileManager.default.currentDirectoryPath
  ) {
    self.file = file
    self.workingDirectory = workingDirectory
    path = file.hasPrefix("/") ? file : workingDirectory + "/" + file
    original = overrides.map { OverrideText($0) }
    self.overrides = original
    contents = graph.contents
    savedText = contents[identity]
  }

  /// Reads the graph again.
  public func load(_ catalog: PluginCatalog) throws(DiagnosticsError) -> (graph: Graph, warnings: [Diagnostic]) {
    var options = GraphOptions(workingDirectory: workingDirectory)
    options.contents = contents
    options.laterOverrides = overrides
    return try Graph.load(file: file, catalog: catalog, options: options)
  }

  /// Libraries that a change names by their paths, as far as known without reading the graph.
  func libraries(of request: ChangeRequest) -> [String] {
    let named = request.values.filter { $0.hasPrefix("library=") }.map { String($0.dropFirst("library=".count)) }
    let paths = named.map { against(request.folder ?? workingDirectory, $0) }
    let file = request.file ?? path
    guard request.kind == .apply, let text = request.text ?? (try? String(contentsOfFile: file, encoding: .utf8)) else {
      return paths
    }
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    return paths + text.matches(of: #/library:\s*"?([^",}\s]+)/#).map { against(folder, String($0.1)) }
  }

  private func against(_ folder: String, _ path: String) -> String { path.hasPrefix("/") ? path : folder + "/" + path }

  /// Whether the files still contain the texts that were read.
  var isAsRead: Bool {
    contents.allSatisfy { FileManager.default.contents(atPath: $0.key) == Data($0.value.utf8) }
  }

  /// The source with further overrides, on the texts of the running graph. They replace overrides of the same key; a new
  /// class drops all overrides of the node.
  func adding(_ request: ChangeRequest) -> GraphSource {
    var next = self
    next.overrides.removeAll { override in
      let (node, key) = GraphSource.names(override)
      return node == request.node && (request.keys.contains("type") || request.keys.contains(key))
    }
    next.overrides += request.overrides
    return next
  }

  /// Values that `adding` drops without a replacement: those of the node's previous class.
  func leftOut(by request: ChangeRequest) -> [OverrideText] {
    guard request.keys.contains("type") else { return [] }
    return overrides.filter { override in
      let (node, key) = GraphSource.names(override)
      return node == request.node && key != "type" && !request.keys.contains(key)
    }
  }

  /// The source with the present content of a file, its own or another one, or with a text in its place. Overrides stay.
  func reading(_ request: ChangeRequest) -> GraphSource {
    var next = self
    if request.isFresh { next.overrides = original }
    if let file = request.file, !isSame(file) { (next.file, next.path, next.savedText) = (file, file, nil) }
    next.contents = request.text.map { [next.identity: $0] } ?? [:]
    return next
  }

  /// The key of the file's text in `contents`.
  var identity: String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }

  /// Takes over the texts that were read.
  mutating func read(_ graph: Graph, isFromFile: Bool) {
    contents = graph.contents
    if isFromFile { savedText = contents[identity] }
  }

  private func isSame(_ other: String) -> Bool {
    URL(fileURLWithPath: other).resolvingSymlinksInPath().path == identity
  }

  /// The source without the overrides that errors point at, because the file has no such node or parameter any more; nil
  /// if there are none.
  func pruned(_ error: DiagnosticsError) -> GraphSource? {
    let codes = ["unknown-node", "unknown-parameter"]
    let places = error.diagnostics.filter { codes.contains($0.code) }.compactMap(\.location)
    var numbers: [String: Int] = [:]
    var next = self
    next.overrides.removeAll { override in
      numbers[override.origin, default: 0] += 1
      return places.contains { $0.file == override.origin && $0.line == numbers[override.origin] }
    }
    return next.overrides.count < overrides.count ? next : nil
  }

  /// Node and key of an override.
  static func names(_ override: OverrideText) -> (node: String, key: String) {
    let name = override.text.prefix { $0 != "=" }
    let node = name.prefix { $0 != "." }
    return (String(node), String(name.dropFirst(node.count + 1)))
  }

  /// A diagnostic with the absolute path of its file, for commands in another working directory.
  func absolute(_ diagnostic: Diagnostic) -> Diagnostic {
    var diagnostic = diagnostic
    guard let file = diagnostic.location?.file, !file.hasPrefix("/"), !overrides.contains(where: { $0.origin == file })
    else { return diagnostic }
    diagnostic.location?.file = workingDirectory + "/" + file
    return diagnostic
  }
}
