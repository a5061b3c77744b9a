import ArgumentParser
import FileDriver
import Glibc
import GraphEngine
import GraphText
import LiveControl
import OutputFiles
import TextEscapes
import Training

/// `auscult features`
struct Features: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features",
    abstract: "Writes what a detector of a graph gets from recordings, as NumPy arrays.",
    discussion: """
      Runs the nodes before the detector over the recordings, with the same results as in the graph, bit for bit, and writes \
      DIR/NODE.npy: the tokens of all recordings, one after the other. DIR/manifest.json says which of them belong to which \
      recording, what they are (shape, hertz, machines), and the front end that made them. Models need not exist. Earlier \
      arrays in DIR are replaced.

      Examples:
        auscult features fan.yaml normal/ --to features          the input of every detector
        auscult features fan.yaml normal/ --to features --node mel
        auscult features fan.yaml all.txt --to part-3 --shard 3/8     each third of eight recordings, on one of 8 hosts
        python3 -c 'import numpy; print(numpy.load("features/slices.npy", mmap_mode="r").shape)'

      Exit status: 0 done; 1 when a file could not be read (all others are written), or on any other error; 64 usage.
      """)

  @OptionGroup var input: GraphInput
  @Argument(
    help: ArgumentHelp(
      "Recordings, folders of them, and lists (a path in each line, or a table with a column 'file').",
      valueName: "files"), completion: .file())
  var names: [String]
  @Option(help: ArgumentHelp("The folder for the arrays.", valueName: "folder"), completion: .directory) var to: String
  @Option(
    help: ArgumentHelp(
      "Take the output of this node (a detector stands for its input), or NODE.PORT. Repeatable; default: the input of every "
        + "detector.", valueName: "node"))
  var node: [String] = []
  @Option(help: ArgumentHelp("Take each Nth of the recordings, beginning with the Ith.", valueName: "I/N"))
  var shard: Shard?
  @Option(name: .customLong("jobs"), help: "Process at most so many files at once (default: one on each core).")
  var givenJobs: Int?
  @Flag(help: "Write messages to standard error as JSON, one object per line.") var json = false
  @OptionGroup var verbosity: ConsoleOptions

  func validate() throws {
    if let givenJobs, !(1...256).contains(givenJobs) { throw ValidationError("--jobs is from 1 to 256.") }
  }

  func run() throws {
    let console = verbosity.console(isJSON: json)
    try reporting(console) {
      do {
        try write(console)
      } catch let error as TrainingError {
        throw Failure(error.description)
      }
    }
  }

  private func write(_ console: Console) throws {
    let files = try recordings()
    let catalog = input.changes.catalog.load()
    // The models of its detectors need not exist yet, and are not read.
    let (graph, warnings) = try Graph.load(
      file: input.graph, catalog: catalog, overrides: input.changes.overrides,
      options: GraphOptions(missingFilesAreErrors: false))
    console.show(warnings.filter { $0.code != "missing-file" })
    for exposure in graph.exposures { console.warning(exposure.description) }
    let folder = try prepare()
    let features = try FeatureGraph(graph, names: node, folder: folder, catalog: catalog)
    try GraphTrial.examine(features.graph, probe: catalog.probe, rate: rate(of: files))
    let manifest = try FeatureManifest(features, folder: folder, rate: rate(of: files))
    var command = FileCommand(
      graph: features.graph, files: files, times: RecordingTimeRules(), periods: .standard, rate: 48000, duration: nil,
      audioFolder: nil, jobs: givenJobs ?? FileOptions.standardJobs, console: console)
    command.finish = {
      try manifest.write()
      console.info(manifest.words, object: ["kind": "arrays", "folder": .text(folder)])
    }
    try command.run()
  }

  private func recordings() throws -> [String] {
    let all = try SoundList.files(names)
    guard let shard else { return all }
    let own = all.enumerated().filter { $0.offset % shard.count == shard.index - 1 }.map(\.element)
    if own.isEmpty { throw Failure("shard \(shard.index)/\(shard.count) of \(all.count) recordings is empty") }
    return own
  }

  /// Makes the folder. A manifest never describes other arrays than those beside it.
  private func prepare() throws -> String {
    let folder = to.count > 1 && to.hasSuffix("/") ? String(to.dropLast()) : to
    do throws(FileProblem) {
      try OutputFolder.makeAll(folder)
    } catch { throw Failure(error.description) }
    unlink(PathText.bytes("\(folder)/\(FeatureManifest.name)"))
    return folder
  }

  /// Frames per second of the first recording that can be read.
  private func rate(of files: [String]) -> Int {
    for file in files {
      if let audio = try? AudioFile(path: file) { return audio.rate }
    }
    return 48000
  }
}

/// "3/8": the third of eight parts.
struct Shard: ExpressibleByArgument {
  let index: Int
  let count: Int

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], count >= 1, (1...count).contains(index) else {
      return nil
    }
    (self.index, self.count) = (index, count)
  }
}
