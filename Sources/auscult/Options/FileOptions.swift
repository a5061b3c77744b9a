import ArgumentParser
import FoundationEssentials
import Training

/// Options of a run without JACK.
struct FileOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Audio files to read instead of JACK, up to the next option; also folders of them, and lists (a path in each line, "
        + "or a table with a column 'file'). Put names that begin with - after --.",
      valueName: "files"),
    completion: .file())
  var input: [String] = []

  @Argument(parsing: .postTerminator, help: ArgumentHelp("More audio files to read.", valueName: "files"))
  var further: [String] = []

  @Flag(help: "Run a graph that makes its own sound without JACK, for --duration, as fast as possible.")
  var offline = false

  @Option(
    help: ArgumentHelp(
      "Without JACK: write the output of the graph's audio sinks into this folder, as NODE.wav, or FILE.NODE.wav for "
        + "several files.", valueName: "folder"),
    completion: .directory)
  var audioFolder: String?

  @Option(
    name: .customLong("jobs"),
    help: ArgumentHelp(
      "Over several files: process at most so many at once (default: one on each core). The results are the same, in the "
        + "same order.", valueName: "number"))
  var givenJobs: Int?

  static var standardJobs: Int { ProcessInfo.processInfo.activeProcessorCount }
  var jobs: Int { givenJobs ?? Self.standardJobs }

  func validate() throws {
    if let givenJobs, !(1...256).contains(givenJobs) { throw ValidationError("--jobs is from 1 to 256.") }
  }

  /// Names as given.
  var names: [String] { input + further }

  /// Names, with the content of folders and lists.
  func files() throws -> [String] {
    do {
      return try SoundList.files(names)
    } catch let error as TrainingError {
      throw Failure(error.description)
    }
  }
}
