import CNodeABI
import Glibc
import JSONText
import Models
import NodeABI
import NodeHost
import NumberText

/// The nodes before a detector, as a model stores them: everything that determines the values that the detector gets.
///
/// It excludes sources, machine names, placement, the number of channels, and the driver's rate if a `resample` makes
/// it irrelevant. The rate of audio does not count; the rate of the tokens made from it does.
package enum FrontEnd {
  /// `[{"node", "class", "version", "inputs": [index], "parameters": {}, "format": {}}]` in the order they run in. -1
  /// stands for an input from a source.
  package static func describe(_ draft: ScheduleDraft, before node: Int) -> JSONValue {
    var needed: Set<Int> = []
    var waiting = draft.incoming[node].map(\.from)
    while let next = waiting.popLast() {
      if needed.insert(next).inserted { waiting += draft.incoming[next].map(\.from) }
    }
    let nodes = draft.order.filter { needed.contains($0) && !draft.incoming[$0].isEmpty }
    let places = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1, $0) })
    let inputs = { (index: Int) -> JSONValue in
      .array(draft.incoming[index].map { .integer(Int64(places[$0.from] ?? -1)) })
    }
    var list = nodes.map { index -> JSONValue in
      let node = draft.graph.nodes[index]
      return [
        "node": .text(node.name), "class": .text(node.nodeClass.name), "version": .text(node.nodeClass.version),
        "inputs": inputs(index), "parameters": parameters(node),
        "format": draft.configurations[index]?.outputs.first.map { format($0.format) } ?? .null,
      ]
    }
    list.append(["inputs": inputs(node)])
    return .array(list)
  }

  private static func parameters(_ node: Graph.Node) -> JSONValue {
    var members: [String: JSONValue] = [:]
    for argument in node.arguments {
      guard let parameter = node.nodeClass.parameter(argument.name), !parameter.flags.contains(.placement) else {
        continue
      }
      members[argument.name] = json(argument.value, isPath: parameter.kind == .inputPath)
    }
    return .object(members)
  }

  private static func json(_ value: ParameterValue, isPath: Bool) -> JSONValue {
    switch value {
    case .number(let number, let unit, let text):
      let name = units[unit] ?? ""
      return name.isEmpty ? (number.isFinite ? .number(number) : .text(text)) : .text("\(exact(number)) \(name)")
    case .boolean(let truth): return .boolean(truth)
    case .text(let text):
      // A file counts by its content, not by its path.
      guard isPath else { return .text(text) }
      return .text((try? OpenModel.digest(ofFile: text)) ?? "missing")
    case .list(let items): return .array(items.map { json($0, isPath: isPath) })
    case .map(let items):
      return .object(Dictionary(items.map { ($0.0, json($0.1, isPath: isPath)) }) { $1 })
    }
  }

  private static let units: [UInt32: String] = [
    AUSCULT_UNIT_SECOND: "s", AUSCULT_UNIT_HERTZ: "Hz", AUSCULT_UNIT_DECIBEL: "dB", AUSCULT_UNIT_PERCENT: "%",
    AUSCULT_UNIT_SAMPLE: "samples",
  ]

  private static func format(_ format: auscult_format) -> JSONValue {
    guard format.kind != AUSCULT_AUDIO else { return ["kind": "audio"] }
    // The last column may not be a band.
    let top = (0..<Int(format.frequency_count)).reversed().lazy.compactMap { format.frequencies?[$0] }.first { $0 >= 0 }
    let (rate, divisor) = reduced(Int64(format.driver_rate) * format.denominator, format.period)
    return [
      "kind": .text(kindNames(format.kind)), "rows": .integer(Int64(format.rows)),
      "columns": .integer(Int64(format.columns)), "scale": .integer(Int64(format.scale)),
      "rate": .text(divisor == 1 ? "\(rate)/s" : "\(rate)/\(divisor)/s"),
      "top frequency": top.map { .number(Double($0)) } ?? .null,
    ]
  }

  private static func reduced(_ a: Int64, _ b: Int64) -> (Int64, Int64) {
    let common = max(1, greatestCommonDivisor(a, b))
    return (a / common, b / common)
  }

  // MARK: Comparing

  /// The differences between a graph's front end and a model's, one line each; empty: none that matters.
  package static func differences(_ graph: JSONValue, _ model: JSONValue) -> [String] {
    let (ours, theirs) = (graph.array ?? [], model.array ?? [])
    let classes = { (list: [JSONValue]) in list.compactMap { $0["class"]?.text } }
    guard classes(ours) == classes(theirs), ours.map({ $0["inputs"] }) == theirs.map({ $0["inputs"] }) else {
      let words = { (list: [String]) in list.isEmpty ? "nothing" : list.joined(separator: " -> ") }
      if let advice = FrontEndAdvice(graph, model)?.oneNode {
        return ["the detector comes after \(words(classes(ours))): \(advice)"]
      }
      return ["the detector comes after \(words(classes(ours))), the model was trained after \(words(classes(theirs)))"]
    }
    let pairs = zip(ours, theirs).filter { $0.0["node"] != nil }
    let named = pairs.flatMap { one, other in
      let node = "node '\(shown(one["node"]))' (\(shown(one["class"])))"
      let versions =
        one["version"] == other["version"]
        ? [] : ["\(node) is of version \(shown(one["version"])), the model's was \(shown(other["version"]))"]
      return versions
        + members(one["parameters"], other["parameters"]).map {
          "\(node) has '\($0)' \(shown($1)), the model was trained with \(shown($2))"
        }
    }
    guard named.isEmpty else { return named }
    // Formats follow from the parameters and the driver's rate, so report only the first difference.
    if let rate = FrontEndAdvice(graph, model)?.rate { return [rate] }
    for (one, other) in pairs {
      let formats = members(one["format"], other["format"]).map {
        "node '\(shown(one["node"]))' (\(shown(one["class"]))) yields \($0) \(shown($1)), the model was trained with "
          + shown($2)
      }
      if !formats.isEmpty { return formats }
    }
    return []
  }

  private static func members(_ one: JSONValue?, _ other: JSONValue?) -> [(String, JSONValue?, JSONValue?)] {
    let (a, b) = (one?.object ?? [:], other?.object ?? [:])
    return Set(a.keys).union(b.keys).sorted().filter { !same(a[$0], b[$0]) }.map { ($0, a[$0], b[$0]) }
  }

  /// Equal numbers may differ slightly after a conversion to text and back.
  private static func same(_ a: JSONValue?, _ b: JSONValue?) -> Bool {
    if let a = a?.number, let b = b?.number { return a == b }
    if let a = a?.array, let b = b?.array { return a.count == b.count && zip(a, b).allSatisfy { same($0, $1) } }
    return a == b
  }

  /// To 12 digits: the factor of a unit may change the digits beyond.
  private static func exact(_ number: Double) -> String {
    guard number.isFinite, number != number.rounded() || abs(number) >= 1e15 else {
      return NumberText.plain(number, decimals: 3)
    }
    let scale = pow(10, 11 - log10(abs(number)).rounded(.down))
    let rounded = (number * scale).rounded() / scale
    return rounded.isFinite ? "\(rounded)" : "\(number)"
  }

  private static func shown(_ value: JSONValue?) -> String {
    switch value {
    case nil, .null?: "nothing"
    case .text(let text)?: text
    case .number(let number)?: exact(number)
    case let value?: String(decoding: value.json, as: UTF8.self)
    }
  }
}

extension Compiler {
  /// Refuses a model that was trained for another class or with another front end. The node itself reports files that
  /// are missing or damaged.
  static func checkModel(_ draft: ScheduleDraft, node index: Int) throws {
    let node = draft.graph.nodes[index]
    guard node.nodeClass.traits.contains(.detector), node.nodeClass.traits.contains(.trainable),
      let argument = node.argument("model"), case .text(let path) = argument.value,
      let model = try? OpenModel(path: path)
    else { return }
    let file = model.header
    guard file.className == node.nodeClass.name else {
      throw NodeFailure(
        text: "\(path): was trained for \(file.className), not for \(node.nodeClass.name)", parameter: "model")
    }
    let differences = FrontEnd.differences(FrontEnd.describe(draft, before: index), file.frontEnd)
    guard differences.isEmpty else {
      let shown = differences.prefix(4).joined(separator: "; ")
      let rest = differences.count > 4 ? "; and \(differences.count - 4) more differences" : ""
      throw NodeFailure(
        text:
          "\(path): was trained with another front end: \(shown)\(rest). Train it again, or use the front end it "
          + "was trained with", parameter: "model")
    }
  }
}
