import NodeKit
import OutputFiles
import Records
import SoundFiles

/// The parameters of `sink.clip`. Times are in seconds.
struct ClipSettings {
  var path: String
  var before: Double
  var after: Double
  var longest: Double
  var delay: Double
  var format: SoundFormat
  var kinds: [Moments.Kind]
  /// Length of a moment, and of the stretch of which moments are kept.
  var moment: Double
  var every: Double
  /// Age from which clips are deleted; nil: never.
  var keep: Double?
  /// The most bytes of all clips; nil: no limit.
  var limit: Int?

  static let parameters: [ParameterDeclaration] = [
    .outputPath(
      "path", "Folder for clips; each is MACHINE-TIME.flac or .wav, with a .json beside it", flags: .required),
    .number("before", "Sound before the alarm's begin", unit: .second, default: "5 s", range: 0...600),
    .number("after", "Sound after the alarm's end", unit: .second, default: "5 s", range: 0...600),
    .number("longest", "The most sound in a clip", unit: .second, default: "60 s", range: 0.1...3600),
    .number(
      "delay",
      "How long after its begin an alarm may be raised: its `on`, and the length of a score. So much more sound is "
        + "kept in memory", unit: .second, default: "15 s", range: 0...3600),
    .choice(
      "format", "`flac`: 24 bits, exact for sound of 16 or 24 bits; `wav`: floats with a bext chunk, always exact",
      of: SoundFormat.allCases.map(\.rawValue), default: "flac", flags: .placement),
    .choice(
      "moments",
      "Also keep moments of normal sound, to learn from: of each `every` the quietest, and the one whose "
        + "scores are nearest the median; needs `score`", of: Moments.Kind.allCases.map(\.rawValue), flags: .list),
    .number("moment", "Length of a moment", unit: .second, default: "10 s", range: 0.1...600),
    .number("every", "Stretch of which moments are kept", unit: .second, default: "1 d", range: 1...3e6),
    .text("keep", "Age from which clips are deleted (`30 d`)", flags: .placement),
    .text("limit", "Size of all clips together (`10 GB`); deletes the oldest", flags: .placement),
  ]

  init(_ arguments: Arguments) throws {
    path = arguments.text("path")
    before = arguments.number("before")
    after = arguments.number("after")
    longest = arguments.number("longest")
    delay = arguments.number("delay")
    format = SoundFormat(rawValue: arguments.text("format"))!
    kinds = arguments.list("moments").compactMap { $0.text.flatMap { Moments.Kind(rawValue: $0) } }
    moment = arguments.number("moment")
    every = arguments.number("every")
    if OutputFile.isStandardOutput(path) {
      throw NodeError("clips cannot go to standard output; give a folder", parameter: "path")
    }
    guard longest > before else {
      throw NodeError("`longest` must be more than `before`: it is the length of the whole clip", parameter: "longest")
    }
    if let text = arguments["keep"]?.text { keep = try ClipSettings.age(text) }
    if let text = arguments["limit"]?.text { limit = try ClipSettings.size(text) }
  }

  private static func age(_ text: String) throws -> Double {
    if case .seconds(let seconds)? = try? RotationLimit(text) { return seconds }
    throw NodeError(
      "`keep: \(text)` is no age; write a number and one of s, min, h, d, as in `30 d`", parameter: "keep")
  }

  private static func size(_ text: String) throws -> Int {
    if case .bytes(let bytes)? = try? RotationLimit(text) { return bytes }
    throw NodeError(
      "`limit: \(text)` is no size; write a number and one of B, kB, MB, GB, KiB, MiB, GiB, as in `10 GB`",
      parameter: "limit")
  }
}
