import NodeKit

/// Parameters of every sink that writes a file, beside `path`.
public enum OutputParameters {
  public static let append = ParameterDeclaration.boolean(
    "append", "Goes on after what a file that exists holds; `false`: replaces it", default: "true")

  public static let all = [append, RotationLimit.parameter] + KeepLimit.parameters
}

/// How much of an output is kept: the parameters `keep_parts` and `keep_bytes`.
public struct KeepLimit: Sendable, Equatable {
  /// Finished parts, beside the one that is being written.
  public var parts: Int?
  /// Bytes of all parts, with the one that is being written.
  public var bytes: Int?

  public init(parts: Int? = nil, bytes: Int? = nil) {
    self.parts = parts
    self.bytes = bytes
  }

  /// The declarations, shared by all sinks that rotate.
  public static let parameters = [
    ParameterDeclaration.text(
      "keep_parts",
      "So many finished parts are kept (`30`), the oldest are deleted; goes with `rotate`. Nothing is deleted that this "
        + "output has not written itself",
      flags: .placement),
    ParameterDeclaration.text(
      "keep_bytes",
      "Size (`10 GB`) that all parts together keep within: the oldest are deleted. Without `rotate` a part is a tenth of "
        + "it", flags: .placement),
  ]

  /// Reads the parameters; nil: everything is kept.
  ///
  /// - Parameter rotation: by which parts are made.
  public init?(_ arguments: Arguments, rotation: RotationLimit?) throws {
    if let text = arguments["keep_parts"]?.text {
      guard let number = Int(text), number >= 1 else {
        throw NodeError("`keep_parts: \(text)` is not a whole number of at least 1", parameter: "keep_parts")
      }
      guard rotation != nil || arguments["keep_bytes"] != nil else {
        throw NodeError(
          "`keep_parts` goes with `rotate`, which makes the parts; add `rotate: 1 d`", parameter: "keep_parts")
      }
      parts = number
    }
    if let text = arguments["keep_bytes"]?.text {
      guard case .bytes(let size)? = try? RotationLimit(text), size >= 10 else {
        throw NodeError(
          "`keep_bytes: \(text)` is not a size; write a number and one of B, kB, MB, GB, KiB, MiB, GiB, as in `10 GB`",
          parameter: "keep_bytes")
      }
      if case .bytes(let part)? = rotation, part > size {
        throw NodeError(
          "`keep_bytes: \(text)` has no room for one part of `rotate`; keep more, or rotate at less",
          parameter: "keep_bytes")
      }
      bytes = size
    }
    if parts == nil && bytes == nil { return nil }
  }

  /// The most bytes that one part may have, so that the older ones can make room for it.
  public var mostOfPart: Int? { bytes.map { max(1, $0 / 10) } }
}
