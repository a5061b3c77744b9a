import Models
import TextEscapes

/// The recordings that a model has learned from, by their sound.
public struct LearnedSound {
  private let recordings: [(name: String, sound: String)]

  /// Models that were trained live name no recordings.
  public init(_ model: ModelFile) {
    recordings = (model.training["recordings"]?.array ?? []).compactMap { recording in
      guard let sound = recording["sound"]?.text, recording["part"]?.text ?? "train" == "train" else { return nil }
      return (recording["name"]?.text ?? "?", sound)
    }
  }

  public var count: Int { recordings.count }
  public var isEmpty: Bool { recordings.isEmpty }

  /// Whether the model has learned from this sound.
  ///
  /// - Parameter digest: `SoundDigest.of` a file.
  public func contains(_ digest: String) -> Bool { recordings.contains { "sha256:" + $0.sound == digest } }

  /// The names of those whose sound is not among these.
  public func missing(among digests: Set<String>) -> [String] {
    recordings.filter { !digests.contains("sha256:" + $0.sound) }.map(\.name)
  }
}
