import JSONText
import NumberText

/// What to change in a graph so that its front end becomes a model's, where one node does it.
///
/// Both front ends are as `FrontEnd.describe` gives them; only chains without branches are looked at.
struct FrontEndAdvice {
  private let ours: [JSONValue]
  private let theirs: [JSONValue]

  /// Nil: one of them branches.
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

  /// "add { type: resample, rate: 16000 } before stft": the one node that one of the two has more.
  var oneNode: String? {
    let (a, b) = (ours.map(Self.className), theirs.map(Self.className))
    if b.count == a.count + 1, let place = Self.extra(b, a) {
      return "add \(Self.written(theirs[place])) \(position(place))"
    }
    if a.count == b.count + 1, let place = Self.extra(a, b) {
      return "take out \(name(ours[place])), which the model was trained without"
    }
    return nil
  }

  /// The rate of the sound, where nothing else differs: what tokens come at, and which frequencies they reach, follows
  /// from it.
  package var rate: String? {
    guard ours.map(Self.className) == theirs.map(Self.className),
      let place = theirs.indices.first(where: { Self.soundRate(theirs[$0]) != nil }),
      let ourRate = Self.soundRate(ours[place]), let theirRate = Self.soundRate(theirs[place]), ourRate != theirRate
    else { return nil }
    let node = "node \(name(ours[place])) (\(Self.className(ours[place]) ?? "?"))"
    return
      "\(node) yields what sound of \(NumberText.plain(ourRate, decimals: 3)) Hz gives, the model was trained on \(NumberText.plain(theirRate, decimals: 3)) Hz: "
      + "add { type: resample, rate: \(NumberText.plain(theirRate, decimals: 3)) } \(position(place))"
  }

  /// Where the longer list has one more.
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

  /// Samples per second of the sound that a spectrum was made of: twice its top frequency.
  private static func soundRate(_ node: JSONValue) -> Double? {
    guard node["format"]?["kind"]?.text == "spectrum" else { return nil }
    return node["format"]?["top frequency"]?.number.map { 2 * $0 }
  }

  /// As a graph file has it.
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
    // What a resampler's quality is by default needs no word.
    let shown = className(node) == "resample" ? parameters.filter { $0.hasPrefix("rate:") } : parameters
    return "{ " + (["type: \(className(node) ?? "?")"] + shown).joined(separator: ", ") + " }"
  }
}
