import Glibc
import OutputFiles
import TextEscapes

/// When the first sample of a file was recorded, and how that is known.
public struct RecordingTime: Sendable, Equatable {
  public enum Origin: String, Sendable, CaseIterable {
    case option = "--start-time"
    case guano, bext
    case audioMoth = "comment"
    case date
    case name = "file name"
  }

  /// Nanoseconds since the Unix epoch (UTC).
  public var start: Int64
  public var origin: Origin

  public init(start: Int64, origin: Origin) {
    self.start = start
    self.origin = origin
  }
}

/// How the time of a recording is found. The first of these that a file has: what the caller states (`start`), GUANO's
/// time stamp, the `bext` chunk, AudioMoth's comment, a date tag with a time, the file's name by `pattern`.
public struct RecordingTimeRules: Sendable {
  /// For times without a zone.
  public var zone = RecordingZone.offset(0)
  public var pattern: NameTimePattern?
  /// Nanoseconds since the Unix epoch; replaces what the file says.
  public var start: Int64?

  public init() {}

  /// The time of a file's first sample; nil: not known. Calls `warn` for a time that is not valid: it is not used, and no
  /// other takes its place.
  public func time(of file: AudioFile, warn: (String) -> Void) -> RecordingTime? {
    if let start { return RecordingTime(start: start, origin: .option) }
    for (origin, read) in Self.readers {
      guard let statement = read(file) else { continue }
      guard let time = statement.time, let start = statement.nanoseconds(time, in: zone) else {
        warn("its \(origin.words) states the time '\(statement.shown)', which is none; records carry no time")
        return nil
      }
      return RecordingTime(start: start, origin: origin)
    }
    guard let pattern else { return nil }
    let name = String(LinkedPath.split(file.path).name)
    guard let start = pattern.time(in: name)?.nanoseconds(in: zone) else {
      warn("its name has no time that fits --name-time; records carry no time")
      return nil
    }
    return RecordingTime(start: start, origin: .name)
  }

  private static var readers: [(RecordingTime.Origin, (AudioFile) -> TimeStatement?)] {
    [
      (.guano, TimeStatement.guano), (.bext, TimeStatement.bext), (.audioMoth, TimeStatement.audioMoth),
      (.date, TimeStatement.date),
    ]
  }
}

extension RecordingTime.Origin {
  /// In messages: "its ... states".
  var words: String {
    switch self {
    case .guano: "GUANO chunk"
    case .bext: "bext chunk"
    case .audioMoth: "comment"
    case .date: "date tag"
    case .option, .name: rawValue
    }
  }
}
