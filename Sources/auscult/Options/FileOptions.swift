import ArgumentParser
import Training

/// Options of a run without JACK.
struct FileOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Audio files to read instead of JACK, up to the next option; also folders of them, and lists (a path in each line, "
        + "or a table with a column 'file'). Names that begin with - go behind --.",
      valueName: "files"),
    completion: .file())
  var input: [String] = []

  @Argument(parsing: .postTerminator, help: ArgumentHelp("More audio files to read.", valueName: "files"))
  var further: [String] = []

  @Flag(help: "Run a graph that makes its own sound without JACK, for --duration, as fast as the machine goes.")
  var offline = false

  @Option(
    help: ArgumentHelp(
      "Without JACK: what the graph's audio sinks play is written here, as NODE.wav, or FILE.NODE.wav for several "
        + "files.", valueName: "folder"),
    completion: .directory)
  var audioFolder: String?

  /// As they are given.
  var names: [String] { input + further }

  /// With what is in folders and lists.
  func files() throws -> [String] {
    do {
      return try SoundList.files(names)
    } catch let error as TrainingError {
      throw Failure(error.description)
    }
  }
}
