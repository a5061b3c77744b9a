import NodeKit

/// Parameters of every sink that writes a file, besides `path`.
public enum OutputParameters {
  public static let append = ParameterDeclaration.boolean(
    "append", "Adds to an existing file; `false`: replaces it", default: "true")

  public static let all = [append, RotationLimit.parameter] + KeepLimit.parameters
}

/// How much of an output to keep: the parameters `keep_parts` and `keep_bytes`.
public struct KeepLimit: Sendable, Equatable {
  /// Number of finished parts, without the current one.
  public var parts: Int?
  /// Bytes of all parts, including the current one.
  public var bytes: Int?

  public init(parts: Int? = nil, bytes: Int? = nil) {
    self.parts = parts
    self.bytes = bytes
  }

  /// The declarations, shared by all sinks that rotate.
  public static let parameters = [
    ParameterDeclaration.text(
      "keep_parts",
      "Number of finished parts to keep (`30`); deletes the oldest; needs `rotate`. Deletes only parts that this "
        + "output has written itself",
      flags: .placement),
    ParameterDeclaration.text(
      "keep_bytes",
      "Size limit (`10 GB`) of all parts together; deletes the oldest. Without `rotate`, a part is a tenth of "
        + "it", flags: .placement),
  ]

  /// Reads the parameters; nil: keep everything.
  ///
  /// - Parameter rotation: what cuts the output into parts.
  public init?(_ arguments: Arguments, rotation: RotationLimit?) throws {
    if let text = arguments["keep_parts"]?.text {
      guard let number = Int(text), number >= 1 else {
        throw NodeError("`keep_parts: \(text)` is not a whole number of at least 1", parameter: "keep_parts")
      }
      guard rotation != nil || arguments["keep_bytes"] != nil else {
        throw NodeError(
          "`keep_parts` needs `rotate`, which makes the parts; add `rotate: 1 d`", parameter: "keep_parts")
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
          "`keep_bytes: \(text)` is too small for one part of `rotate`; keep more, or rotate at less",
          parameter: "keep_bytes")
      }
      bytes = size
    }
    if parts == nil && bytes == nil { return nil }
  }

  /// The most bytes of one part, so that deleting older parts can make room for it.
  public var mostOfPart: Int? { bytes.map { max(1, $0 / 10) } }
}
