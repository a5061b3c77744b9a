import Glibc
import GraphText
import NodeHost
import TextEscapes

extension GraphBuilder {
  /// A value in the type of its parameter; nil after a diagnostic at the location of the mistake.
  mutating func typed(_ value: DocumentValue, _ parameter: Parameter) -> ParameterValue? {
    guard case .map(let entries, let location) = value else { return withoutMap(value, parameter) }
    guard parameter.flags.contains(.byMachine) else { return mismatch("a map", parameter, location) }
    var items: [(String, ParameterValue)] = []
    for entry in entries {
      if let item = withoutMap(entry.value, parameter) { items.append((entry.key.text, item)) }
    }
    return items.count == entries.count ? .map(items) : nil
  }

  private mutating func withoutMap(_ value: DocumentValue, _ parameter: Parameter) -> ParameterValue? {
    switch value {
    case .map(_, let location): return mismatch("a map", parameter, location)
    case .scalar(let scalar):
      let isBare = parameter.flags.contains(.list) || !parameter.flags.contains(.nested)
      return isBare ? typed(scalar, parameter) : mismatch(value.noun, parameter, scalar.location)
    case .list(let items, let location):
      guard !parameter.flags.isDisjoint(with: [.list, .nested]) else { return mismatch("a list", parameter, location) }
      let values = items.compactMap { item(item: $0, parameter) }
      return values.count == items.count ? .list(values) : nil
    }
  }

  private mutating func item(item: DocumentValue, _ parameter: Parameter) -> ParameterValue? {
    switch item {
    case .map(_, let location): return mismatch("a map", parameter, location)
    case .scalar(let scalar):
      return parameter.flags.contains(.list)
        ? typed(scalar, parameter) : mismatch("a list with \(item.noun)", parameter, scalar.location)
    case .list(let inner, let location):
      guard parameter.flags.contains(.nested) else { return mismatch("a list of lists", parameter, location) }
      let values: [ParameterValue] = inner.compactMap { value in
        if case .scalar(let scalar) = value { return typed(scalar, parameter) }
        return mismatch("lists any deeper", parameter, value.location)
      }
      return values.count == inner.count ? .list(values) : nil
    }
  }

  private mutating func mismatch(_ what: String, _ parameter: Parameter, _ location: SourceLocation) -> ParameterValue?
  {
    collector.add(
      "wrong-type", "'\(parameter.name)' takes \(parameter.structuredExpectation), not \(what)", at: location)
    return nil
  }

  private mutating func typed(_ scalar: DocumentScalar, _ parameter: Parameter) -> ParameterValue? {
    guard !scalar.isBroken else { return nil }
    guard !scalar.isMissing else {
      collector.add("no-value", "'\(parameter.name)' has no value", at: scalar.location)
      return nil
    }
    do {
      let value = try parameter.value(of: scalar.text)
      guard case .text(let text) = value else { return value }
      return .text(path(text, parameter, scalar.location))
    } catch {
      collector.add(
        error.code, error.message, at: scalar.location, written: error.written, candidates: error.candidates)
      return nil
    }
  }

  // MARK: Paths

  /// The text as written, or an absolute path. Input paths are relative to the folder of the file that names them,
  /// output paths to the working directory.
  private mutating func path(_ text: String, _ parameter: Parameter, _ location: SourceLocation) -> String {
    switch parameter.kind {
    case .inputPath:
      let path = resolved(text, folder(of: location))
      if access(PathText.bytes(path), F_OK) != 0 {
        collector.add(
          "missing-file",
          "'\(parameter.name)': there is no file \(quoted(text))"
            + (parameter.name == "model" ? "; make it with `auscult train`" : ""), at: location,
          severity: options.missingFilesAreErrors ? .error : .warning)
      }
      return path
    case .outputPath: return resolved(text, options.workingDirectory)
    default: return text
    }
  }

  /// Paths of defaults are relative to the working directory.
  func absoluteDefault(_ value: ParameterValue, _ parameter: Parameter) -> ParameterValue {
    guard parameter.kind == .inputPath || parameter.kind == .outputPath else { return value }
    switch value {
    case .text(let text): return .text(resolved(text, options.workingDirectory))
    case .list(let items): return .list(items.map { absoluteDefault($0, parameter) })
    default: return value
    }
  }
}

extension Parameter {
  /// The accepted values, including lists and maps, in words.
  var structuredExpectation: String {
    var text = expectation
    switch (flags.contains(.list), flags.contains(.nested)) {
    case (true, false): text += ", or a list of such values"
    case (true, true): text += ", a list of such values, or a list of lists"
    case (false, true): text = "a list of lists, each value \(text)"
    case (false, false): break
    }
    return flags.contains(.byMachine) ? text + ", or a map from machine names to such values" : text
  }
}
