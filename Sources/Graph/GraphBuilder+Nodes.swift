import GraphText
import Isolation
import NodeHost

extension GraphBuilder {
  /// A node with its class and arguments; nil after a diagnostic if the class is not known.
  mutating func buildNode(_ node: DocumentNode) -> Graph.Node? {
    guard !node.isBroken, let nodeClass = nodeClass(of: node) else { return nil }
    var arguments: [String: Graph.Argument] = [:]
    for entry in node.entries where !reservedNodeKeys.contains(entry.key.text) {
      guard let parameter = nodeClass.parameter(entry.key.text) else {
        refuse(entry, of: node, nodeClass)
        continue
      }
      if let value = typed(entry.value, parameter) {
        arguments[parameter.name] = Graph.Argument(
          name: parameter.name, value: value, location: entry.value.location)
      }
    }
    checkRequired(node, nodeClass)
    if !options.runsNamedCode, IsolatedClass.isProgram(nodeClass) { leaveProgram(node, nodeClass) }
    return Graph.Node(
      name: node.name, nodeClass: isIsolated(node, nodeClass) ? IsolatedClass.isolated(nodeClass) : nodeClass,
      arguments: nodeClass.parameters.compactMap { arguments[$0.name] ?? defaultArgument($0, node) },
      placement: placement(node, nodeClass), location: node.location)
  }

  private mutating func refuse(_ entry: DocumentEntry, of node: DocumentNode, _ nodeClass: NodeClass) {
    let isIgnored = isIgnored(entry, node)
    collector.add(
      "unknown-parameter",
      "\(nodeClass.name) has no parameter \(quoted(entry.key.text))" + (isIgnored ? ": it is ignored" : ""),
      at: entry.key.location, written: entry.key.text,
      candidates: isIgnored ? [] : nodeClass.parameters.map(\.name) + reservedNodeKeys,
      severity: isIgnored ? .warning : .error)
  }

  /// Whether an override replaces the class for which the file sets a parameter.
  private func isIgnored(_ entry: DocumentEntry, _ node: DocumentNode) -> Bool {
    guard let type = node["type"] else { return false }
    return document.overrides.contains(type.value.location.file)
      && !document.overrides.contains(entry.key.location.file)
  }

  private mutating func checkRequired(_ node: DocumentNode, _ nodeClass: NodeClass) {
    for parameter in nodeClass.parameters where parameter.flags.contains(.required) && node[parameter.name] == nil {
      collector.add(
        "missing-parameter",
        "\(quoted(node.name)) needs the parameter '\(parameter.name)', \(parameter.structuredExpectation)",
        at: node.location)
    }
  }

  private func defaultArgument(_ parameter: Parameter, _ node: DocumentNode) -> Graph.Argument? {
    guard node[parameter.name] == nil, let value = parameter.initialValue else { return nil }
    return Graph.Argument(name: parameter.name, value: absoluteDefault(value, parameter), location: nil)
  }

  // MARK: Class

  private mutating func nodeClass(of node: DocumentNode) -> NodeClass? {
    let library = node["library"]
    guard let entry = node["type"] else {
      collector.add("missing-key", "\(quoted(node.name)) has no 'type', the name of its class", at: node.location)
      return nil
    }
    guard let type = reservedText(entry, "the name of a node class") else { return nil }
    guard let library else { return knownClass(type) }
    guard let path = reservedText(library, "the path of a plugin") else { return nil }
    return loadedClass(type, path)
  }

  private mutating func knownClass(_ type: DocumentScalar) -> NodeClass? {
    if let nodeClass = catalog[type.text] { return nodeClass }
    var message = "there is no node class \(quoted(type.text))"
    if !catalog.problems.isEmpty { message += " (not loaded: \(problemList))" }
    collector.add(
      "unknown-class", message, at: type.location, written: type.text, candidates: catalog.classNames)
    return nil
  }

  private var problemList: String {
    let shown = catalog.problems.prefix(3).map { "\(lastPart($0.path)): \($0.defects.first ?? "")" }
    let rest = catalog.problems.count - shown.count
    return shown.joined(separator: "; ") + (rest > 0 ? "; and \(rest) more" : "")
  }

  private mutating func loadedClass(_ type: DocumentScalar, _ library: DocumentScalar) -> NodeClass? {
    let path = resolved(library.text, folder(of: library.location))
    namedLibraries.append(path)
    if !options.runsNamedCode, !catalog.holds(library: path) {
      return declaredClass(type, library, path: path)
    }
    let loaded: PluginLibrary
    do {
      loaded = try catalog.load(library: path)
    } catch {
      collector.add(
        "bad-library", "\(quoted(library.text)): \(error.defects.joined(separator: "; "))", at: library.location)
      return nil
    }
    return named(type, in: loaded, library)
  }

  mutating func named(_ type: DocumentScalar, in loaded: PluginLibrary, _ library: DocumentScalar) -> NodeClass? {
    if let nodeClass = loaded.classes.first(where: { $0.name == type.text }) { return nodeClass }
    collector.add(
      "unknown-class", "\(quoted(library.text)) has no node class \(quoted(type.text))", at: type.location,
      written: type.text, candidates: loaded.classes.map(\.name))
    return nil
  }

  // MARK: Reserved keys

  private mutating func reservedText(_ entry: DocumentEntry, _ what: String) -> DocumentScalar? {
    guard !entry.value.isBroken else { return nil }
    if case .scalar(let scalar) = entry.value, !scalar.text.isEmpty { return scalar }
    collector.add(
      "wrong-type", "'\(entry.key.text)' takes \(what), not \(entry.value.noun)", at: entry.value.location)
    return nil
  }

  private mutating func placement(_ node: DocumentNode, _ nodeClass: NodeClass) -> Graph.Placement {
    guard let entry = node["thread"], let scalar = reservedText(entry, "realtime or worker") else { return .automatic }
    guard let placement = Graph.Placement(rawValue: scalar.text), placement != .automatic else {
      collector.add(
        "unknown-choice", "'thread' takes realtime or worker, not \(quoted(scalar.text))", at: scalar.location,
        written: scalar.text, candidates: ["realtime", "worker"])
      return .automatic
    }
    if placement == .realtime, !nodeClass.isHard {
      collector.add("bad-placement", "\(nodeClass.name) runs on worker threads only", at: scalar.location)
    }
    return placement
  }

  /// Whether the node gets a process of its own.
  private mutating func isIsolated(_ node: DocumentNode, _ nodeClass: NodeClass) -> Bool {
    let isProgram = IsolatedClass.isProgram(nodeClass)
    guard let entry = node["isolate"], let scalar = reservedText(entry, "true or false") else { return isProgram }
    guard scalar.text == "true" || scalar.text == "false" else {
      collector.add("wrong-type", "'isolate' takes true or false, not \(quoted(scalar.text))", at: scalar.location)
      return false
    }
    guard scalar.text == "true" else { return isProgram }
    if nodeClass.traits.contains(.source) || nodeClass.inputs.isEmpty {
      collector.add(
        "bad-placement", "\(nodeClass.name) cannot have a process of its own: a source runs in the driver's cycle",
        at: scalar.location)
    } else if let thread = node["thread"], case .scalar(let place) = thread.value, place.text == "realtime" {
      collector.add(
        "bad-placement",
        "'isolate: true' and 'thread: realtime' exclude each other: a node in a process of its own "
          + "runs on a worker", at: scalar.location)
    } else {
      return true
    }
    return false
  }

  // MARK: Paths

  /// The folder to which relative input paths at a location refer.
  func folder(of location: SourceLocation) -> String {
    document.folders[OverrideText.folderKey(location.file, line: location.line)] ?? document.folders[location.file]
      ?? options.workingDirectory
  }

  /// An absolute path.
  func resolved(_ path: String, _ folder: String) -> String {
    if path.hasPrefix("/") { return path }
    let folder = folder.hasPrefix("/") ? folder : options.workingDirectory + "/" + folder
    return folder + "/" + path
  }
}

func lastPart(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
