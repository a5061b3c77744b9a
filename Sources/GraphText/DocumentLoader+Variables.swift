/// Variables: the values that a file and its includes give them.
extension DocumentLoader {
  private struct Variable {
    var text: String
    var entry: DocumentEntry
    /// Number of includes between it and the first file. The nearer file's value wins.
    var depth: Int
  }

  /// The variables of a file and of the files that include it.
  func variables(from index: Int) -> [String: String] {
    var result: [String: String] = [:]
    var current: Int? = index
    while let index = current {
      for variable in files[index].content.variables {
        if case .scalar(let scalar) = variable.value { result[variable.key.text] = scalar.text }
      }
      current = files[index].parent
    }
    return result
  }

  /// The variables of all files. The including file's value wins; files at the same distance must not differ.
  mutating func allVariables() -> [String: String] {
    let substitution = Substitution(variables: [:], environment: environment, isVariable: true)
    var result: [String: Variable] = [:]
    for index in files.indices {
      let depth = depth(of: index)
      for entry in files[index].content.variables {
        guard case .scalar(let scalar) = substitution.replaced(entry.value, &collector) else { continue }
        let variable = Variable(text: scalar.text, entry: entry, depth: depth)
        guard let other = result[entry.key.text] else {
          result[entry.key.text] = variable
          continue
        }
        if other.depth == depth, other.text != scalar.text {
          collector.add(
            "duplicate-variable",
            "variable \(quoted(entry.key.text)) differs from the one at \(other.entry.key.location); "
              + "set it in the file that includes both", at: entry.key.location)
        }
        if depth < other.depth { result[entry.key.text] = variable }
      }
    }
    return result.mapValues(\.text)
  }

  private func depth(of index: Int) -> Int {
    files[index].parent.map { depth(of: $0) + 1 } ?? 0
  }
}
