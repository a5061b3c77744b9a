import JSONText
import NodeKit
import NumberText

/// How training recordings are altered for additional copies: `pitch=1,stretch=0.1,noise=0.005`.
public struct Augmentation: Sendable, Equatable {
  /// Most semitones up or down.
  public var pitch: Double?
  /// Greatest change of speed: 0.1 is 0.9 to 1.1 times.
  public var stretch: Double?
  /// Standard deviation of the added noise, relative to full scale.
  public var noise: Double?
  /// Copies of each recording.
  public var copies = 1

  /// Unit and maximum of each kind.
  private static let kinds: [(name: String, unit: String, most: Double)] = [
    ("pitch", "semitones", 24), ("stretch", "as a share", 0.5), ("noise", "of full scale", 1),
  ]

  /// - Throws: `TrainingError` that names the wrong part, and what is allowed.
  public init(_ text: String) throws(TrainingError) {
    var given: [String: Double] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let words = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let kind = Self.kinds.first(where: { $0.name == words[0] }) else {
        throw TrainingError("'\(part)' is none of pitch=NUMBER, stretch=NUMBER and noise=NUMBER")
      }
      guard given[kind.name] == nil else { throw TrainingError("'\(kind.name)' is given twice") }
      guard words.count == 2, let number = Double(words[1]), number > 0, number <= kind.most else {
        throw TrainingError(
          "'\(kind.name)' takes a number above 0, up to \(NumberText.rounded(kind.most, 1)) (\(kind.unit))")
      }
      given[kind.name] = number
    }
    (pitch, stretch, noise) = (given["pitch"], given["stretch"], given["noise"])
  }

  /// Draws one of the given kinds, each equally likely, and its amount.
  package func draw(_ generator: inout SeededGenerator) -> Alteration {
    var kinds: [(inout SeededGenerator) -> Alteration] = []
    if let pitch { kinds.append { .pitch(semitones: (2 * $0.unit() - 1) * pitch) } }
    if let stretch { kinds.append { .stretch(pace: 1 + (2 * $0.unit() - 1) * stretch) } }
    if let noise { kinds.append { .noise(deviation: noise, seed: $0.next()) } }
    return kinds[generator.index(kinds.count)](&generator)
  }

  var json: JSONValue {
    var members: [String: JSONValue] = ["copies": .integer(Int64(copies))]
    if let pitch { members["pitch"] = .number(pitch) }
    if let stretch { members["stretch"] = .number(stretch) }
    if let noise { members["noise"] = .number(noise) }
    return .object(members)
  }
}

/// The alteration of one recording.
package enum Alteration: Sendable, Equatable {
  case pitch(semitones: Double)
  case stretch(pace: Double)
  case noise(deviation: Double, seed: UInt64)

  /// Seconds of the recording in a second of the copy.
  var pace: Double { if case .stretch(let pace) = self { pace } else { 1 } }

  /// How far sound moves at most, in seconds: overlap-add takes it from nearby.
  var blur: Double { if case .noise = self { 0 } else { 0.2 } }

  /// As stored in the model.
  var json: JSONValue {
    switch self {
    case .pitch(let semitones): ["pitch": .number(semitones)]
    case .stretch(let pace): ["stretch": .number(pace)]
    case .noise(let deviation, _): ["noise": .number(deviation)]
    }
  }
}
