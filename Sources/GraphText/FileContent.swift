/// The content of one file by its keys, before replacement and merging.
struct FileContent {
  var name: DocumentScalar?
  var description: DocumentScalar?
  var includes: [DocumentScalar] = []
  var variables: [DocumentEntry] = []
  var nodes: [DocumentNode] = []
  var links: [DocumentScalar] = []

  static let keys = ["graph", "description", "include", "variables", "nodes", "links"]

  init(_ root: DocumentValue, _ collector: inout DiagnosticCollector) {
    guard case .map(let entries, _) = root else {
      collector.add(
        "not-a-map", "a graph file is a map with the keys 'graph', 'nodes' and 'links', not \(root.noun)",
        at: root.location)
      return
    }
    for entry in entries { take(entry, &collector) }
  }

  private mutating func take(_ entry: DocumentEntry, _ collector: inout DiagnosticCollector) {
    switch entry.key.text {
    case "graph": name = scalar(entry, "the graph's name", &collector)
    case "description": description = scalar(entry, "a text", &collector)
    case "include": includes = scalars(entry, "a path or a list of paths", &collector)
    case "variables": variables = takeVariables(entry, &collector)
    case "nodes": nodes = takeNodes(entry, &collector)
    case "links": links = scalars(entry, "a list of links such as 'a -> b'", &collector)
    default:
      collector.add(
        "unknown-key", "a graph file has no key \(quoted(entry.key.text))", at: entry.key.location,
        written: entry.key.text, candidates: Self.keys)
    }
  }

  private func scalar(_ entry: DocumentEntry, _ what: String, _ collector: inout DiagnosticCollector) -> DocumentScalar?
  {
    if case .scalar(let scalar) = entry.value, !scalar.isMissing { return scalar }
    mismatch(entry, what, &collector)
    return nil
  }

  private func scalars(_ entry: DocumentEntry, _ what: String, _ collector: inout DiagnosticCollector)
    -> [DocumentScalar]
  {
    switch entry.value {
    case .scalar(let scalar) where !scalar.isMissing: return [scalar]
    case .list(let items, _):
      return items.compactMap { item in
        if case .scalar(let scalar) = item, !scalar.isMissing { return scalar }
        collector.add(
          "wrong-type", "an item of '\(entry.key.text)' must be text, not \(item.noun)", at: item.location)
        return nil
      }
    default:
      mismatch(entry, what, &collector)
      return []
    }
  }

  private func takeVariables(_ entry: DocumentEntry, _ collector: inout DiagnosticCollector) -> [DocumentEntry] {
    guard case .map(let entries, _) = entry.value else {
      mismatch(entry, "a map from names to values", &collector)
      return []
    }
    return entries.filter { variable in
      guard isVariableName(variable.key.text) else {
        collector.add(
          "bad-name", "\(quoted(variable.key.text)) can't be a variable's name: letters, digits, '_', '-' and '.' only",
          at: variable.key.location)
        return false
      }
      if case .scalar(let scalar) = variable.value, !scalar.isMissing { return true }
      mismatch(variable, "text or a number", &collector)
      return false
    }
  }

  private func takeNodes(_ entry: DocumentEntry, _ collector: inout DiagnosticCollector) -> [DocumentNode] {
    guard case .map(let entries, _) = entry.value else {
      mismatch(entry, "a map from names to nodes", &collector)
      return []
    }
    return entries.compactMap { node in
      guard isNodeName(node.key.text) else {
        collector.add(
          "bad-name", "\(quoted(node.key.text)) can't be a node's name: letters, digits, '_' and '-' only",
          at: node.key.location)
        return nil
      }
      guard case .map(let keys, _) = node.value else {
        mismatch(node, "a map with at least 'type'", &collector)
        return DocumentNode(name: node.key.text, location: node.key.location, entries: [], isBroken: true)
      }
      return DocumentNode(name: node.key.text, location: node.key.location, entries: keys)
    }
  }

  private func mismatch(_ entry: DocumentEntry, _ what: String, _ collector: inout DiagnosticCollector) {
    guard !entry.value.isBroken else { return }
    let isMissing = if case .scalar(let scalar) = entry.value { scalar.isMissing } else { false }
    let message = "\(quoted(entry.key.text)) needs \(what)" + (isMissing ? "" : ", not \(entry.value.noun)")
    collector.add("wrong-type", message, at: isMissing ? entry.key.location : entry.value.location)
  }
}

/// Letters and digits of any language, `_` and `-`. No hyphen first, so that no name looks like an arrow or an option.
package func isNodeName(_ name: String) -> Bool {
  !name.isEmpty && !name.hasPrefix("-") && name.utf8.count <= 128
    && name.unicodeScalars.allSatisfy { isLetterOrDigit($0) || $0 == "_" || $0 == "-" }
}

private func isVariableName(_ name: String) -> Bool {
  !name.isEmpty && name.utf8.count <= 128
    && name.unicodeScalars.allSatisfy { isLetterOrDigit($0) || $0 == "_" || $0 == "-" || $0 == "." }
}

private func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
    .spacingMark, .decimalNumber:
    true
  default: false
  }
}
