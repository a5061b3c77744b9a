import Foundation
import NodeHost
import TestSupport

/// Graphs that are nearly correct: the example graphs with parameters at their extremes, hostile names, links that were
/// moved, and lines that are repeated or missing.
struct GraphMutation {
  private let examples: [String]
  private let classes: [NodeClass]

  /// - Parameter folder: of the example graphs.
  init(folder: String) throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }.sorted()
    examples = try files.map { try String(contentsOfFile: folder + "/" + $0, encoding: .utf8) }
    classes = TestPlugins.catalog.classes
  }

  func graph(_ random: inout SeededRandom) -> String {
    var text = examples.randomElement(using: &random)!
    for _ in 0..<Int.random(in: 1...5, using: &random) { change(&text, &random) }
    return text
  }

  private func change(_ text: inout String, _ random: inout SeededRandom) {
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<6: setParameter(&text, &random)
    case 6: changeLine(&text, &random)
    case 7:
      let pattern = [/([a-z]+) ->/, /-> ([a-z]+)/, /\n  ([a-z]+):/].randomElement(using: &random)!
      exchange(&text, of: pattern, &random) { _ in nil }
    case 8:
      exchange(&text, of: /: ("?[A-Za-z0-9.%\/ -]+"?)[,}\n]/, &random) { random in
        "\"\(Mutation.escaped(Mutation.names.randomElement(using: &random)!))\""
      }
    default:
      exchange(&text, of: /type: ([a-z.]+)/, &random) { [classes] in classes.randomElement(using: &$0)!.name }
    }
  }

  /// Sets a parameter of a one-line node to an extreme.
  private func setParameter(_ text: inout String, _ random: inout SeededRandom) {
    guard let match = text.matches(of: /type: ([a-z.]+)/).randomElement(using: &random),
      let nodeClass = classes.first(where: { $0.name == match.1 }),
      let parameter = nodeClass.parameters.randomElement(using: &random)
    else { return }
    let value = value(of: parameter, &random)
    let end = text[match.range.upperBound...].firstIndex { $0 == "}" || $0 == "\n" } ?? text.endIndex
    let old = text[match.range.upperBound..<end].firstRange(of: parameter.name + ": ")
    if let old {
      let stop = text[old.upperBound...].firstIndex { ",}\n".contains($0) } ?? text.endIndex
      text.replaceSubrange(old.upperBound..<stop, with: value + " ")
    } else if end < text.endIndex, text[end] == "}" {
      text.insert(contentsOf: ", \(parameter.name): \(value)", at: match.range.upperBound)
    } else {
      let line = text[..<match.range.lowerBound].lastIndex(of: "\n").map { text.index(after: $0) } ?? text.startIndex
      let indent = text[line...].prefix { $0 == " " }
      text.insert(contentsOf: "\n\(indent)\(parameter.name): \(value)", at: match.range.upperBound)
    }
  }

  private func value(of parameter: Parameter, _ random: inout SeededRandom) -> String {
    let one = scalar(of: parameter, &random)
    guard Int.random(in: 0..<6, using: &random) == 0 else { return one }
    return "["
      + (0..<Int.random(in: 0...4, using: &random)).map { _ in scalar(of: parameter, &random) }
      .joined(separator: ", ") + "]"
  }

  private func scalar(of parameter: Parameter, _ random: inout SeededRandom) -> String {
    switch parameter.kind {
    case .number, .integer:
      let bounds = [parameter.minimum, parameter.maximum].filter(\.isFinite)
      let near = bounds.flatMap { [$0, $0.nextUp, $0.nextDown, $0 + 1, $0 - 1] }.map { "\($0)" } + bounds.map(whole)
      let number = (Bool.random(using: &random) && !near.isEmpty ? near : Mutation.numbers).randomElement(
        using: &random)!
      return number + ["", "", " s", " ms", " Hz", " kHz", " dB", " %", " frames"].randomElement(using: &random)!
    case .boolean: return ["true", "false", "yes", "2"].randomElement(using: &random)!
    case .choice: return (parameter.choices + ["none", ""]).randomElement(using: &random)!
    // Never a place outside of the folder.
    case .outputPath: return ["out", "none/out", "\"\"", ".", "\"-\""].randomElement(using: &random)!
    case .inputPath: return ["none", ".", "noise.wav", "array.npy", "m.safetensors"].randomElement(using: &random)!
    case .text: return "\"\(Mutation.escaped(Mutation.names.randomElement(using: &random)!))\""
    }
  }

  private func whole(_ number: Double) -> String { Int64(exactly: number).map { "\($0)" } ?? "\(number)" }

  private func changeLine(_ text: inout String, _ random: inout SeededRandom) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let place = Int.random(in: 0..<lines.count, using: &random)
    switch Int.random(in: 0..<3, using: &random) {
    case 0: lines.remove(at: place)
    case 1: lines.insert(lines[place], at: place)
    default: lines.swapAt(place, Int.random(in: 0..<lines.count, using: &random))
    }
    text = lines.joined(separator: "\n")
  }

  /// Replaces the bracketed part of one match by the result of `made`, or by another match's.
  private func exchange(
    _ text: inout String, of pattern: Regex<(Substring, Substring)>, _ random: inout SeededRandom,
    _ made: (inout SeededRandom) -> String?
  ) {
    let found = text.matches(of: pattern).map(\.output.1)
    guard let one = found.randomElement(using: &random), let other = found.randomElement(using: &random) else { return }
    text.replaceSubrange(one.startIndex..<one.endIndex, with: made(&random) ?? String(other))
  }
}
