import NumberText

/// Why a text is not a value of a parameter.
public struct ParameterProblem: Error, Sendable, Hashable {
  /// `wrong-type`, `unknown-unit`, `wrong-unit`, `unknown-choice`, `out-of-range`, `no-value`.
  public var code: String
  /// One line with the parameter, the accepted values, and the text.
  public var message: String
  /// Words that would be right instead of `written`, for a suggestion.
  public var candidates: [String] = []
  public var written = ""
}

extension Parameter {
  /// Types one scalar of a graph file. Leaves paths unchanged.
  public func value(of text: String) throws(ParameterProblem) -> ParameterValue {
    switch kind {
    case .number, .integer: return try number(of: text)
    case .boolean:
      guard text == "true" || text == "false" else { throw wrongType(text, ["true", "false"]) }
      return .boolean(text == "true")
    case .text: return .text(text)
    case .choice:
      guard choices.contains(text) else { throw unknownChoice(text) }
      return .text(text)
    case .inputPath, .outputPath:
      guard !text.isEmpty else { throw ParameterProblem(code: "no-value", message: "'\(name)' takes a path, not ''") }
      return .text(text)
    }
  }

  private func number(of text: String) throws(ParameterProblem) -> ParameterValue {
    if choices.contains(text) { return .text(text) }
    let written: WrittenNumber
    do {
      written = try WrittenNumber(text)
    } catch {
      throw problem(error, text)
    }
    let unit = written.unit == .none ? self.unit : written.unit
    guard unit == self.unit || units.contains(unit) else { throw wrongUnit(text, unit) }
    if unit == self.unit { try checkRange(written.value, text) }
    if kind == .integer, unit == self.unit || unit == .sample, written.value.rounded() != written.value {
      throw ParameterProblem(code: "wrong-type", message: "'\(name)' takes a whole number, not \(quoted(text))")
    }
    return .number(written.value, unit: unit.rawValue, text: text)
  }

  private func checkRange(_ value: Double, _ text: String) throws(ParameterProblem) {
    guard value < minimum || value > maximum else { return }
    throw ParameterProblem(code: "out-of-range", message: "'\(name)' takes \(expectation), not \(quoted(text))")
  }

  private func problem(_ problem: WrittenNumber.Problem, _ text: String) -> ParameterProblem {
    switch problem {
    case .notNumber: return choices.isEmpty ? wrongType(text, []) : unknownChoice(text)
    case .tooLarge:
      return ParameterProblem(
        code: "out-of-range", message: "'\(name)': \(quoted(text)) is larger than any number here")
    case .unknownUnit(let unit):
      return ParameterProblem(
        code: "unknown-unit", message: "'\(name)' takes \(expectation); \(quoted(unit)) is not a unit",
        candidates: unitNames, written: unit)
    }
  }

  private func wrongUnit(_ text: String, _ unit: Units) -> ParameterProblem {
    ParameterProblem(
      code: "wrong-unit", message: "'\(name)' takes \(expectation); \(quoted(text)) is \(unit.dimension)")
  }

  private func wrongType(_ text: String, _ candidates: [String]) -> ParameterProblem {
    ParameterProblem(
      code: "wrong-type", message: "'\(name)' takes \(expectation), not \(quoted(text))", candidates: candidates,
      written: text)
  }

  private func unknownChoice(_ text: String) -> ParameterProblem {
    ParameterProblem(
      code: "unknown-choice", message: "'\(name)' takes \(expectation), not \(quoted(text))", candidates: choices,
      written: text)
  }
}

extension Parameter {
  /// The accepted values in words: `a whole number from 1 to 512`, `a duration (s, ms, us, min, h, d)`.
  public var expectation: String {
    switch kind {
    case .boolean: return "true or false"
    case .text: return "text"
    case .inputPath, .outputPath: return "a path"
    case .choice: return alternatives(choices)
    case .number, .integer:
      var forms =
        (unit == .none ? [plainNumber] : [unit.description])
        + Units.each.compactMap {
          units.contains($0) && $0 != unit ? $0.description : nil
        }
      forms[0] += rangeText
      return alternatives(forms + choices.map { "'\($0)'" })
    }
  }

  /// The spellings of the accepted units.
  public var unitNames: [String] {
    UnitName.all.filter { units.contains($0.dimension) }.map(\.name)
  }

  private var plainNumber: String { kind == .integer ? "a whole number" : "a number" }

  private var rangeText: String {
    switch (minimum.isFinite, maximum.isFinite) {
    case (true, true): return " from \(NumberText.plain(minimum)) to \(NumberText.plain(maximum))"
    case (true, false): return " from \(NumberText.plain(minimum))"
    case (false, true): return " up to \(NumberText.plain(maximum))"
    case (false, false): return ""
    }
  }
}

/// `a, b or c`.
private func alternatives(_ words: [String]) -> String {
  words.count < 2 ? words.first ?? "" : words.dropLast().joined(separator: ", ") + " or " + words.last!
}

/// In quotes, and shortened if it is long. The caller makes control characters visible.
private func quoted(_ text: String) -> String {
  let scalars = text.unicodeScalars
  guard text.utf8.count > 60, scalars.count > 60 else { return "'\(text)'" }
  let (head, tail) = (String(scalars.prefix(40)), String(scalars.suffix(20)))
  return "'\(head) ... \(scalars.count - 60) characters left out ... \(tail)'"
}
