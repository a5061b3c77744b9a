/// Replaces `${name}` and `${env:NAME}` in values. The replacement itself is not searched for variables.
struct Substitution {
  var variables: [String: String]
  var environment: [String: String]
  /// In the section `variables`, only the environment is available: otherwise the order of the variables would matter.
  var isVariable = false

  /// A value with all variables replaced.
  func replaced(_ value: DocumentValue, _ collector: inout DiagnosticCollector) -> DocumentValue {
    switch value {
    case .scalar(let scalar): return .scalar(replaced(scalar, &collector))
    case .list(let items, let location): return .list(items.map { replaced($0, &collector) }, location)
    case .map(let entries, let location):
      return .map(entries.map { DocumentEntry(key: $0.key, value: replaced($0.value, &collector)) }, location)
    }
  }

  func replaced(_ scalar: DocumentScalar, _ collector: inout DiagnosticCollector) -> DocumentScalar {
    let parts = scalar.text.split(separator: "${", omittingEmptySubsequences: false)
    guard parts.count > 1 else { return scalar }
    var result = scalar
    var text = String(parts[0])
    var broken = 0
    for (index, part) in parts.dropFirst().enumerated() {
      let location = scalar.references.map { $0[index] } ?? scalar.location
      guard let replacement = replacement(part, location, &collector) else {
        result.isBroken = true
        broken += 1
        if broken == Limits.brokenReferences { break }
        continue
      }
      text += replacement
      guard text.utf8.count <= Limits.scalarBytes else {
        collector.add("too-large", "the variables make a text of more than \(Limits.scalarBytes) bytes", at: location)
        result.isBroken = true
        break
      }
    }
    (result.text, result.verbatimOffset, result.references) = (text, nil, nil)
    return result
  }

  /// The replacement for `name}rest`, the text after a `${`; nil after a diagnostic.
  private func replacement(_ part: Substring, _ location: SourceLocation, _ collector: inout DiagnosticCollector)
    -> String?
  {
    guard let end = part.firstIndex(of: "}") else {
      collector.add("bad-reference", "'${' has no closing '}'", at: location)
      return nil
    }
    let name = String(part[..<end])
    var place = location
    place.length = location.length == 2 ? name.unicodeScalars.count + 3 : location.length
    return value(name, place, &collector).map { $0 + part[part.index(after: end)...] }
  }

  private func value(_ name: String, _ place: SourceLocation, _ collector: inout DiagnosticCollector) -> String? {
    if name.hasPrefix("env:") {
      if let value = environment[String(name.dropFirst(4))] { return value }
      collector.add(
        "undefined-variable", "the environment has no variable \(quoted(String(name.dropFirst(4))))", at: place)
    } else if isVariable {
      collector.add("bad-reference", "a variable can use ${env:NAME}, but no other variable", at: place)
    } else if let value = variables[name] {
      return value
    } else {
      collector.add(
        "undefined-variable", "there is no variable \(quoted(name))", at: place, written: name,
        candidates: variables.keys.sorted())
    }
    return nil
  }
}
