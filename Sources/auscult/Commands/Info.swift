import ArgumentParser
import FileDriver
import FoundationEssentials
import Glibc
import LiveControl
import Models
import Records
import RunControl
import TextEscapes
import Training

/// `auscult info`
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Describes audio files (format, length, loudness, label) and models.",
    discussion: """
      The intensity is the level of the whole file, 20 log10(rms / full scale), over all channels. The label comes from \
      the manifest, or is the name of the file's folder.

      Examples:
        auscult info recordings/*.wav
        auscult info towers/*/*.wav --csv > towers.csv
        auscult info a.flac --json | jq '.files[0].intensity'
        auscult info models/fan.safetensors       thresholds, and how learning went
        auscult info night/*.wav --name-time %Y%m%d_%H%M%S --time-zone Europe/Berlin

      The time is that of the first sample, where the file states one: GUANO's time stamp, a bext chunk, AudioMoth's \
      comment, a date tag with a time, or its name by --name-time.

      Warns about stuck sensors (all or nearly all samples are equal, or most are at the ends of the range).

      Exit status 1 when a file could not be read; the others are still described.
      """)

  @Argument(
    help: ArgumentHelp("Audio files, folders and lists of them, or models.", valueName: "file"), completion: .file())
  var files: [String]
  @Option(help: ArgumentHelp("Take labels from this manifest.", valueName: "file")) var manifest: String?
  @OptionGroup(title: "Time of recording") var times: TimeOptions
  @Flag(help: "Print comma-separated values.") var csv = false
  @Flag(help: "Print one JSON object.") var json = false
  @OptionGroup var verbosity: ConsoleOptions

  func validate() throws {
    if csv && json { throw ValidationError("--csv and --json exclude each other.") }
  }

  func run() throws {
    let console = verbosity.console(isJSON: json)
    try reporting(console) {
      let labels = try manifestLabels()
      var failures = 0
      var facts: [FileFacts] = []
      var models: [ModelFacts] = []
      let files = try Failure.wording { try SoundList.files(self.files) }
      for path in files {
        do {
          if let model = try ModelFacts.of(path) {
            models.append(model)
            continue
          }
          let fact = try FileFacts(path: path, label: FileFacts.label(of: path, manifest: labels), times: times.rules) {
            console.warning($0)
          }
          for fault in fact.faults { console.warning("\(path): its sensor is stuck: \(fault)") }
          facts.append(fact)
        } catch let error as AudioFileError {
          failures += 1
          console.error(error.description)
        } catch let error as ModelError {
          failures += 1
          console.error(error.description)
        }
      }
      show(facts, models)
      if failures > 0 {
        throw Failure("\(failures) of \(Quantity.count(files.count, "file")) could not be read")
      }
    }
  }

  private func manifestLabels() throws -> [String: String] {
    guard let manifest else { return [:] }
    do {
      let recordings = try RecordingSet.manifest(manifest).recordings
      return Dictionary(
        recordings.map { (URL(fileURLWithPath: $0.path).standardizedFileURL.path, $0.label) }
      ) { first, _ in first }
    } catch let error as TrainingError {
      throw Failure(error.description)
    }
  }

  private static let columns = [
    "name", "channels", "sample width", "rate", "frame width", "length", "frames", "peak", "intensity", "label", "time",
    "time from",
  ]

  private func show(_ facts: [FileFacts], _ models: [ModelFacts]) {
    if json {
      return Output.line(
        .members([
          "files": .array(facts.map(\.json)), "models": models.isEmpty ? nil : .array(models.map(\.json)),
        ]))
    }
    for model in models { Output.line(model.text(isTerminal: isatty(STDOUT_FILENO) == 1)) }
    if facts.isEmpty && !csv { return }
    if csv {
      Output.data(Self.columns.map { $0.replacing(" ", with: "_") }.joined(separator: ",") + "\n")
      for fact in facts { Output.data(fact.fields.joined(separator: ",") + "\n") }
      return
    }
    var table = Table(
      Self.columns.map { ($0, $0 == "name" || $0 == "label" || $0.hasPrefix("time") ? .left : .right) })
    for fact in facts { table.add(fact.cells) }
    Output.line(table.text)
  }
}

extension FileFacts {
  private var timeText: String? { time.map { wallTimeText($0.start) } }

  /// For people.
  fileprivate var cells: [String] {
    [
      path, "\(channels)", sampleWidth.map { "\($0) B" } ?? "-", "\(rate) Hz", frameWidth.map { "\($0) B" } ?? "-",
      Quantity.seconds(seconds), "\(frames)", peak.map { "\(Quantity.fixed($0, 1)) dBFS" } ?? "silent",
      intensity.map { "\(Quantity.fixed($0, 1)) dBFS" } ?? "silent", label ?? "", timeText ?? "",
      time?.origin.rawValue ?? "",
    ]
  }

  /// For programs: seconds, hertz, bytes, dB full scale; empty where there is none.
  fileprivate var fields: [String] {
    [
      CSVText.field(PathText.shown(path)), "\(channels)", sampleWidth.map { "\($0)" } ?? "", "\(rate)",
      frameWidth.map { "\($0)" } ?? "",
      "\(seconds)", "\(frames)", peak.map { "\($0)" } ?? "", intensity.map { "\($0)" } ?? "",
      CSVText.field(PathText.shown(label ?? "")), timeText ?? "", time?.origin.rawValue ?? "",
    ]
  }

  fileprivate var json: JSONValue {
    .members([
      "name": .text(PathText.shown(path)), "channels": .integer(channels),
      "sample_width": sampleWidth.map { .integer($0) } ?? .null,
      "rate": .integer(rate), "frame_width": frameWidth.map { .integer($0) } ?? .null, "length": .number(seconds),
      "frames": .integer(frames), "peak": peak.map { .number($0) } ?? .null,
      "intensity": intensity.map { .number($0) } ?? .null, "label": label.map { .text(PathText.shown($0)) },
      "time": timeText.map { .text($0) }, "time_from": time.map { .text($0.origin.rawValue) },
      "stuck": faults.isEmpty ? nil : .texts(faults),
    ])
  }
}
