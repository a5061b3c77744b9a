import ArgumentParser
import Database
import Graph
import History
import JACKDriver
import LiveControl
import NodeHost
import RunControl

/// What the shell offers when Tab is pressed, beside commands, options and files. It asks what runs, the plugins, JACK and
/// histories; what does not answer offers nothing. A shell must get an answer at once, so nothing is started for it.
extension CompletionKind {
  static var graphFile: CompletionKind { .file(extensions: ["yaml", "yml"]) }

  /// Names of the graphs that run.
  static var runningGraphs: CompletionKind { .found { source, _ in source.runningNames } }

  /// Names of the nodes of the graph that is meant: `--graph`, or the only one that runs.
  static var runningNodes: CompletionKind { .found { source, _ in source.runningNodes } }

  /// `parameter=` for each parameter of the node before, with its choices if it has some, and `type=` with each class.
  static var runningValues: CompletionKind { .found { $0.values($1) } }

  static var nodeClasses: CompletionKind { .found { source, _ in source.classes.map(\.name) } }

  /// `node.parameter=` for each node of the graph file on the command line.
  static var overrides: CompletionKind { .found { source, _ in source.overrides } }

  /// Names of the nodes of the graph file on the command line.
  static var fileNodes: CompletionKind { .found { source, _ in source.fileNodes.map(\.name) } }

  /// Names of machines: of what runs, of the graph file and of the history on the command line.
  static var machines: CompletionKind { .found { source, _ in source.machines } }

  /// Names of JACK's ports that give samples.
  static var ports: CompletionKind { .found { source, _ in source.ports } }

  private static func found(_ words: @escaping @Sendable (CompletionSource, String) -> [String]) -> CompletionKind {
    .custom { line, _, word in words(CompletionSource(line), word).filter { $0.hasPrefix(word) && needsNoQuotes($0) } }
  }

  /// Bash expands the words that it is offered: one with `$(...)` in it would run a command, and names come from outside.
  private static func needsNoQuotes(_ word: String) -> Bool {
    word.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || (48...57).contains(scalar.value) || "._:/=@+,%-".unicodeScalars.contains(scalar)
    }
  }
}

/// Finds what could complete a command line.
private struct CompletionSource {
  /// The words of the command line, the program's name first.
  let words: [String]

  init(_ words: [String]) { self.words = words }

  // MARK: What runs

  var runningNames: [String] { ControlClient.running().map(\.name) }

  /// The answers to a method of the control protocol: of the run that `--graph` names, or of all.
  private func answers(_ method: String) -> [JSONValue] {
    let names = value(of: "--graph").map { [$0] } ?? runningNames
    return names.compactMap { name in try? RunLookup.client(name) { try $0.call(method) } }
  }

  /// Nothing if several graphs run and none is named.
  private var runningGraph: [JSONValue] {
    let graphs = answers("graph")
    return graphs.count == 1 ? graphs[0]["nodes"]?.array ?? [] : []
  }

  var runningNodes: [String] { runningGraph.compactMap { $0["name"]?.text } }

  /// For `swap`, `shadow` and `set`; the last one takes only what changes without a new node.
  func values(_ word: String) -> [String] {
    let isSet = words.contains("set")
    if !isSet, word.hasPrefix("type=") { return classes.map { "type=\($0.name)" } }
    let node = runningGraph.first { words.contains($0["name"]?.text ?? "") }
    let parameters = (node?["parameters"]?.array ?? []).filter { !isSet || $0["running"]?.boolean == true }
    let names = parameters.flatMap { parameter -> [String] in
      let name = parameter["name"]?.text ?? ""
      let choices = (parameter["choices"]?.array ?? []).compactMap(\.text)
      return choices.isEmpty ? ["\(name)="] : choices.map { "\(name)=\($0)" }
    }
    return isSet ? names : names + ["type=", "library="]
  }

  // MARK: Plugins and graph files

  private var catalog: PluginCatalog {
    PluginCatalog(
      searchPath: PluginCatalog.standardSearchPath(option: value(of: "--plugin-path").map { [$0] } ?? []),
      probe: PluginProbe(executable: "/proc/self/exe"), index: .standard)
  }

  var classes: [NodeClass] { catalog.describedClasses }

  /// The nodes of the first graph file on the command line. No code that it names runs.
  var fileNodes: [Graph.Node] {
    var options = GraphOptions()
    options.runsNamedCode = false
    options.missingFilesAreErrors = false
    guard let file = words.dropFirst().first(where: { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }),
      let (graph, _) = try? Graph.load(file: file, catalog: catalog, overrides: [], options: options)
    else { return [] }
    return graph.nodes
  }

  var overrides: [String] {
    fileNodes.flatMap { node in node.nodeClass.parameters.map { "\(node.name).\($0.name)=" } }
  }

  // MARK: Machines and ports

  var machines: [String] {
    var names: Set<String> = []
    for status in answers("status") {
      names.formUnion((status["machines"]?.array ?? []).compactMap { $0["machine"]?.text })
    }
    for node in fileNodes {
      if case .list(let machines)? = node.argument("machines")?.value { names.formUnion(machines.map(\.written)) }
    }
    for file in words.dropFirst() where file.hasSuffix(".sqlite") || file.hasSuffix(".db") {
      names.formUnion((try? HistoryReader(file).machines()) ?? [])
    }
    return names.sorted()
  }

  var ports: [String] {
    guard let meter = try? PortMeter(server: value(of: "--server")) else { return [] }
    defer { meter.close() }
    return ((try? meter.look()) ?? []).filter(\.isOutput).map(\.name)
  }

  /// The value of an option on the command line.
  private func value(of option: String) -> String? {
    guard let place = words.firstIndex(of: option), place + 1 < words.count else { return nil }
    return words[place + 1]
  }
}
