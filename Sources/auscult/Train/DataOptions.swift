import ArgumentParser
import Training

/// The recordings, for all commands that take them.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A folder with recordings of normal sound; subfolders are included.", valueName: "folder"),
    completion: .directory)
  var normal: String?

  @Option(
    help: ArgumentHelp(
      "A folder with a subfolder of recordings for each label, such as normal and anomalous; these may lie in train, "
        + "validation and test. Folders with a manifest.csv, and those of DCASE, MIMII and ToyADMOS, are recognized.",
      valueName: "folder"), completion: .directory)
  var dataset: String?

  @Option(
    help: ArgumentHelp(
      "A CSV file with the columns file,label and optionally machine,split,begin,end (seconds) and group (a day, a "
        + "session); `;` or tabs may separate them. Paths are relative to its folder.",
      valueName: "file"), completion: .file(extensions: ["csv"]))
  var manifest: String?

  @Option(
    name: [.customLong("dcase"), .customLong("mimii"), .customLong("toyadmos")],
    help: ArgumentHelp(
      "An unchanged folder of DCASE task 2 (2020 and later), MIMII or ToyADMOS: folders and names give machine, section, "
        + "domain, label, and the split into training and test.", valueName: "folder"), completion: .directory)
  var dcase: String?

  @Flag(help: "Leave out recordings that can't be read, or that a manifest names but that don't exist, and list them.")
  var skipUnreadable = false

  var isGiven: Bool { normal != nil || dataset != nil || manifest != nil || dcase != nil }

  func check(with anomalous: String? = nil) throws {
    let given = [normal ?? anomalous, dataset, manifest, dcase].compactMap { $0 }
    guard given.count == 1 else {
      throw ValidationError("Give the recordings by one of --normal, --dataset, --manifest and --dcase.")
    }
  }

  /// - Parameter anomalous: a folder that goes with `normal`.
  func load(anomalous: String? = nil, _ console: Console) throws -> RecordingSet {
    var set = try read(anomalous)
    for warning in set.warnings { console.warning(warning) }
    guard skipUnreadable else { return set }
    set.leaveOutUnreadable()
    for left in set.leftOut { console.warning("left out \(left.path): \(left.reason)") }
    guard !set.recordings.isEmpty else { throw Failure("\(set.source): none of its recordings can be read") }
    if !set.leftOut.isEmpty {
      console.warning(
        "left out \(Quantity.count(set.leftOut.count, "recording")) of \(set.recordings.count + set.leftOut.count)")
    }
    return set
  }

  private func read(_ anomalous: String?) throws -> RecordingSet {
    do {
      if let dataset { return try .found(in: dataset, leavesOutMissing: skipUnreadable) }
      if let manifest { return try .manifest(manifest, leavesOutMissing: skipUnreadable) }
      if let dcase { return try .challenge(dcase) }
      return try .folders(
        [(normal, Label.normal), (anomalous, Label.anomalous)].compactMap { path, label in path.map { ($0, label) } })
    } catch let error as TrainingError {
      throw Failure(error.description)
    }
  }
}

/// The rule that sets thresholds.
struct ThresholdOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Set thresholds for this budget of false alarms per hour on normal sound (default: the model's budget, or 1).",
      valueName: "number"))
  var falseAlarmsPerHour: Double?

  @Option(
    help: ArgumentHelp(
      "Set thresholds by another rule: percentile=95, sigma=3, mad=5, gamma=0.9, best-f1, or a number.",
      valueName: "rule"))
  var threshold: RuleArgument?

  func validate() throws {
    if threshold != nil, falseAlarmsPerHour != nil {
      throw ValidationError("--threshold and --false-alarms-per-hour exclude each other.")
    }
    if let falseAlarmsPerHour, !ThresholdRule.budgets.contains(falseAlarmsPerHour) {
      throw ValidationError(
        "--false-alarms-per-hour takes a number from 0.000001 (one in a century) to 1000000; here: \(falseAlarmsPerHour)."
      )
    }
  }

  /// Nil: the default.
  var rule: ThresholdRule? { threshold?.rule ?? falseAlarmsPerHour.map { .falseAlarms(perHour: $0) } }
}

struct RuleArgument: ExpressibleByArgument {
  var rule: ThresholdRule

  init?(argument: String) {
    guard let rule = ThresholdRule(argument) else { return nil }
    self.rule = rule
  }
}

/// A share on the command line: `20%`, `20 %`, `0.2`.
struct Share: ExpressibleByArgument {
  var number: Double

  init(_ number: Double) { self.number = number }

  init?(argument: String) {
    let isPercent = argument.hasSuffix("%")
    let digits = argument.dropLast(isPercent ? 1 : 0).filter { $0 != " " }
    guard let number = Double(digits).map({ isPercent ? $0 / 100 : $0 }), number >= 0, number <= 0.9 else { return nil }
    self.number = number
  }

  var defaultValueDescription: String { "\(Quantity.fixed(number * 100, 0)) %" }
}
