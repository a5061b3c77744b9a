import ArgumentParser
import FileDriver

/// How to find out when a file was recorded.
struct TimeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the files' names state the time of the first sample: %Y%m%d_%H%M%S. Letters: Y y m d H M S, f (fraction), "
        + "z (zone).", valueName: "pattern"))
  var nameTime: NameTimePattern?

  @Option(
    help: ArgumentHelp(
      "Zone of times that state none: UTC (default), +02:00, local, Europe/Berlin.", valueName: "zone"))
  var timeZone: RecordingZone?

  var isGiven: Bool { nameTime != nil || timeZone != nil }

  var rules: RecordingTimeRules {
    var rules = RecordingTimeRules()
    rules.pattern = nameTime
    if let timeZone { rules.zone = timeZone }
    return rules
  }

  /// A time on the command line; nil: it is none.
  func nanoseconds(_ text: String) -> Int64? { CivilTime(iso: text)?.nanoseconds(in: rules.zone) }
}

extension NameTimePattern: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension RecordingZone: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
