import FoundationEssentials
import Glibc

/// Reads a file and its includes, and merges them into one document.
struct DocumentLoader {
  struct File {
    var name: String
    var content: FileContent
    /// Index of the file that includes it.
    var parent: Int?
  }

  let environment: [String: String]
  /// Texts to use instead of the files' content, by path.
  private let contents: [String: String]
  private var texts: [String: String] = [:]
  private(set) var files: [File] = []
  private var folders: [String: String] = [:]
  private var identities: Set<String> = []
  private var isComplete = true
  /// Indices of the document's nodes, by name.
  private var nodes: [String: Int] = [:]
  var collector = DiagnosticCollector()

  init(environment: [String: String], contents: [String: String]) {
    self.environment = environment
    self.contents = contents
  }

  /// - Parameters:
  ///   - text: the file's content, if it need not be read.
  mutating func load(_ file: String, text: String?, overrides: [OverrideText], workingDirectory: String)
    -> (GraphDocument, DiagnosticCollector)
  {
    let path = file.hasPrefix("/") ? file : workingDirectory + "/" + file
    identities.insert(identity(path))
    for override in overrides { folders[override.origin] = workingDirectory }
    let bytes = text.map { Array($0.utf8) }
    let root = read(file, path, bytes, chain: [], parent: nil, at: nil)
    return (merged(root, overrides), collector)
  }

  // MARK: Files

  /// Reads one file, then its includes.
  ///
  /// - Returns: the file's content.
  private mutating func read(
    _ name: String, _ path: String, _ bytes: [UInt8]?, chain: [String], parent: Int?, at location: SourceLocation?
  ) -> FileContent? {
    guard let text = content(name, path, bytes, location) else {
      isComplete = false
      return nil
    }
    collector.note(name, text)
    folders[name] = folder(of: path)
    var reader = DocumentReader(file: name, text: text)
    guard let root = reader.read(&collector) else {
      isComplete = false
      return nil
    }
    let content = FileContent(root, &collector)
    let index = files.count
    files.append(File(name: name, content: content, parent: parent))
    for include in content.includes {
      self.include(include, name, path, chain: chain + [identity(path)], parent: index)
    }
    return content
  }

  /// The text; or nil after a diagnostic: at the including line if the file can't be read, otherwise in the file.
  private mutating func content(_ name: String, _ path: String, _ bytes: [UInt8]?, _ including: SourceLocation?)
    -> String?
  {
    let read: [UInt8]
    do throws(SourceProblem) {
      if let bytes = bytes ?? contents[identity(path)].map({ Array($0.utf8) }) {
        read = bytes
      } else {
        read = try readFile(path)
      }
    } catch {
      collector.add(error.code, "\(quoted(name)) \(error.message)", at: including)
      return nil
    }
    do throws(SourceProblem) {
      let text = try checkedText(read)
      texts[identity(path)] = text
      return text
    } catch {
      // If it is not text, show it up to the first wrong byte.
      collector.note(name, error.code == "too-large" ? "" : String(decoding: read, as: UTF8.self))
      let location = SourceLocation(file: name, line: error.line, column: error.column)
      collector.add(error.code, "the file \(error.message)", at: location)
      return nil
    }
  }

  private mutating func include(
    _ scalar: DocumentScalar, _ name: String, _ path: String, chain: [String], parent: Int
  ) {
    let substitution = Substitution(variables: variables(from: parent), environment: environment)
    let scalar = substitution.replaced(scalar, &collector)
    guard !scalar.isBroken else {
      isComplete = false
      return
    }
    let isAbsolute = scalar.text.hasPrefix("/")
    let included = isAbsolute ? scalar.text : folder(of: path) + "/" + scalar.text
    let shown = isAbsolute || !name.contains("/") ? scalar.text : folder(of: name) + "/" + scalar.text
    let identity = identity(included)
    if let begin = chain.firstIndex(of: identity) {
      let cycle = (chain[begin...] + [identity]).map { String($0.split(separator: "/").last ?? "") }
      refuse("include-cycle", "the include leads back to itself: \(cycle.joined(separator: " -> "))", scalar)
    } else if identities.contains(identity) {
      refuse("include-twice", "\(quoted(scalar.text)) is included twice", scalar)
    } else if chain.count > Limits.includeDepth {
      refuse("include-depth", "includes are nested more than \(Limits.includeDepth) files deep", scalar)
    } else if files.count >= Limits.files {
      refuse("include-many", "more than \(Limits.files) files are included", scalar)
    } else {
      identities.insert(identity)
      _ = read(shown, included, nil, chain: chain, parent: parent, at: scalar.location)
    }
  }

  private mutating func refuse(_ code: String, _ message: String, _ scalar: DocumentScalar) {
    collector.add(code, message, at: scalar.location)
    isComplete = false
  }

  // MARK: Merging

  private mutating func merged(_ root: FileContent?, _ overrides: [OverrideText]) -> GraphDocument {
    let substitution = Substitution(variables: allVariables(), environment: environment)
    var document = GraphDocument(
      nodes: [], links: [], isComplete: isComplete, hasAllLinks: true, folders: folders, contents: texts)
    document.name = root?.name.map { substitution.replaced($0, &collector) }
    document.description = root?.description.map { substitution.replaced($0, &collector).text }
    // Included files come before the files that include them.
    for file in inIncludedOrder() {
      for link in file.content.links { addLink(link, to: &document, substitution) }
      for node in file.content.nodes { add(node, to: &document, substitution) }
    }
    document.overrides = Set(overrides.map(\.origin))
    apply(overrides, to: &document, substitution)
    if root != nil { checkHeader(document, root!) }
    return document
  }

  /// Depth first, children before parents.
  private func inIncludedOrder() -> [File] {
    func subtree(_ index: Int) -> [Int] {
      files.indices.filter { files[$0].parent == index }.flatMap(subtree) + [index]
    }
    return files.isEmpty ? [] : subtree(0).map { files[$0] }
  }

  private mutating func addLink(_ link: DocumentScalar, to document: inout GraphDocument, _ substitution: Substitution)
  {
    guard document.links.count < Limits.links else {
      document.hasAllLinks = false
      return collector.add("too-large", "more than \(Limits.links) links", at: link.location)
    }
    let links = LinkText.links(substitution.replaced(link, &collector), &collector)
    document.links += links.compactMap { $0 }
    if links.contains(where: { $0 == nil }) { document.hasAllLinks = false }
  }

  private mutating func add(_ node: DocumentNode, to document: inout GraphDocument, _ substitution: Substitution) {
    if let other = nodes[node.name] {
      collector.add(
        "duplicate-node", "node \(quoted(node.name)) is also defined at \(document.nodes[other].location)",
        at: node.location)
      return
    }
    nodes[node.name] = document.nodes.count
    var node = node
    for index in node.entries.indices {
      node.entries[index].value = substitution.replaced(node.entries[index].value, &collector)
    }
    document.nodes.append(node)
  }

  private mutating func apply(
    _ overrides: [OverrideText], to document: inout GraphDocument, _ substitution: Substitution
  ) {
    var numbers: [String: Int] = [:]
    for text in overrides {
      numbers[text.origin, default: 0] += 1
      let number = numbers[text.origin]!
      if let folder = text.folder { document.folders[OverrideText.folderKey(text.origin, line: number)] = folder }
      guard var override = Override(text, number: number, &collector) else { continue }
      override.entry.value = substitution.replaced(override.entry.value, &collector)
      guard let node = nodes[override.node] else {
        guard document.isComplete else { continue }
        collector.add(
          "unknown-node", "the graph has no node \(quoted(override.node))", at: override.nodeLocation,
          written: override.node, candidates: document.nodes.map(\.name))
        continue
      }
      let key = override.entry.key.text
      if let entry = document.nodes[node].entries.firstIndex(where: { $0.key.text == key }) {
        document.nodes[node].entries[entry] = override.entry
      } else {
        document.nodes[node].entries.append(override.entry)
      }
    }
  }

  private mutating func checkHeader(_ document: GraphDocument, _ root: FileContent) {
    let start = SourceLocation(file: files[0].name, line: 1, column: 1)
    if let name = document.name {
      if !name.isBroken, !GraphName.isValid(name.text) {
        collector.add(
          "bad-name", "\(quoted(name.text)) can't be a graph's name: \(GraphName.rule)", at: name.location)
      }
    } else if root.name == nil, !collector.hasErrors {
      collector.add("missing-key", "the key 'graph', the graph's name, is missing", at: start)
    }
    if document.nodes.isEmpty, document.isComplete, !collector.hasErrors {
      collector.add("missing-key", "the graph has no nodes", at: start)
    }
  }
}

/// `.` for a bare name.
private func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// Equal for all names of one file.
private func identity(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }

extension GraphDocument {
  /// Reads a graph file, its includes and overrides. The collector gets all mistakes, the document all that is
  /// readable.
  package static func load(
    _ file: String, text: String? = nil, overrides: [OverrideText], environment: [String: String],
    contents: [String: String] = [:], workingDirectory: String
  ) -> (GraphDocument, DiagnosticCollector) {
    var loader = DocumentLoader(environment: environment, contents: contents)
    return loader.load(file, text: text, overrides: overrides, workingDirectory: workingDirectory)
  }
}
