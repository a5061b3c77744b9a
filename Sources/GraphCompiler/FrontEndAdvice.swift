import JSONText
import NumberText

/// The change of one node that makes a graph's front end equal to a model's, if there is one.
///
/// Both front ends come from `FrontEnd.describe`. Only chains without branches are compared.
struct FrontEndAdvice {
  private let ours: [JSONValue]
  private let theirs: [JSONValue]

  /// Nil: a front end has branches.
  init?(_ graph: JSONValue, _ model: JSONValue) {
    let chain = { (list: JSONValue) -> [JSONValue]? in
      let items = list.array ?? []
      let isChain = items.enumerated().allSatisfy { index, item in
        item["inputs"]?.array?.compactMap(\.integer) == [Int64(index) - 1]
      }
      return isChain && !items.isEmpty ? items.dropLast() : nil
    }
    guard let ours = chain(graph), let theirs = chain(model) else { return nil }
    self.ours = ours
    self.theirs = theirs
  }

  private static func className(_ node: JSONValue) -> String? { node["class"]?.text }

  /// "add { type: resample, rate: 16000 } before stft": the one node that only one front end has.
  var oneNode: String? {
    let (a, b) = (ours.map(Self.className), theirs.map(Self.className))
    if b.count == a.count + 1, let place = Self.extra(b, a) {
      return "add \(Self.written(theirs[place])) \(position(place))"
    }
    if a.count == b.count + 1, let place = Self.extra(a, b) {
      return "remove \(name(ours[place])), which the model was trained without"
    }
    return nil
  }

  /// Advice on the rate of the sound, if nothing else differs. The rate determines the tokens per second and the
  /// frequencies they reach.
  package var rate: String? {
    guard ours.map(Self.className) == theirs.map(Self.className),
      let place = theirs.indices.first(where: { Self.soundRate(theirs[$0]) != nil }),
      let ourRate = Self.soundRate(ours[place]), let theirRate = Self.soundRate(theirs[place]), ourRate != theirRate
    else { return nil }
    let node = "node \(name(ours[place])) (\(Self.className(ours[place]) ?? "?"))"
    return
      "\(node) yields tokens from sound of \(NumberText.plain(ourRate, decimals: 3)) Hz, the model was trained on \(NumberText.plain(theirRate, decimals: 3)) Hz: "
      + "add { type: resample, rate: \(NumberText.plain(theirRate, decimals: 3)) } \(position(place))"
  }

  /// The place of the one extra element of the longer list.
  private static func extra(_ long: [String?], _ short: [String?]) -> Int? {
    long.indices.first { place in
      var rest = long
      rest.remove(at: place)
      return rest == short
    }
  }

  private func position(_ place: Int) -> String {
    guard place < ours.count else { return "before the detector" }
    return "before \(ours[place]["node"]?.text ?? "?")"
  }

  private func name(_ node: JSONValue) -> String { "'\(node["node"]?.text ?? "?")'" }

  /// Samples per second of the sound that a spectrum was computed from: twice its top frequency.
  private static func soundRate(_ node: JSONValue) -> Double? {
    guard node["format"]?["kind"]?.text == "spectrum" else { return nil }
    return node["format"]?["top frequency"]?.number.map { 2 * $0 }
  }

  /// The node as in a graph file.
  private static func written(_ node: JSONValue) -> String {
    let parameters = (node["parameters"]?.object ?? [:]).sorted { $0.key < $1.key }.compactMap {
      name, value -> String? in
      switch value {
      case .text(let text): "\(name): \(text.hasSuffix(" Hz") ? String(text.dropLast(3)) : text)"
      case .number, .integer: value.number.map { "\(name): \(NumberText.plain($0, decimals: 3))" }
      case .boolean(let truth): "\(name): \(truth)"
      default: nil
      }
    }
    // Omit a resampler's default quality.
    let shown = className(node) == "resample" ? parameters.filter { $0.hasPrefix("rate:") } : parameters
    return "{ " + (["type: \(className(node) ?? "?")"] + shown).joined(separator: ", ") + " }"
  }
}
