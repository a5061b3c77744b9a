import ArgumentParser
import FileDriver
import OutputFiles
import Records
import SoundFiles
import Tapes
import TextEscapes
import Training

/// `auscult cut`
struct Cut: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cut",
    abstract: "Cuts a stretch of time out of recordings, such as the parts of a sink.wav.",
    discussion: """
      A live sink.wav notes the time of each part and the machines of its channels. Other files may state their time \
      in their metadata or their names. The parts that follow each other are joined sample by sample; the sound of a part \
      that is still being written is there up to the last second. Sound that no file has becomes silence, with a warning.

      Examples:
        auscult cut tape/ --machine fan-03 --since 2026-11-21T09:30:00Z --for 10s
        auscult cut tape.wav tape.*.wav --since 2h --for 1min --output noise.flac
        auscult cut night/ --name-time %Y%m%d_%H%M%S --since 2026-11-21T02:00:00Z

      Writes 32-bit float WAV, or FLAC of 24 bits where the output's name ends in .flac; prints the path. Replaces no \
      file. Exit status 1 when no file has sound at that time.
      """)

  @Argument(help: ArgumentHelp("Recordings, folders of them, and lists.", valueName: "file"), completion: .file())
  var files: [String]
  @Option(help: "The machine to take, by the names in the files.", completion: .machines) var machine: String?
  @Option(help: "The channel to take, from 1; without it and --machine: all.") var channel: Int?
  @Option(help: "The first sample's time: 2026-11-21T09:30:00Z, or so long ago: 2h.") var since: Moment
  @Option(name: .customLong("for"), help: ArgumentHelp("How much to take.", valueName: "time"))
  var length = Seconds(10)
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write (default: MACHINE-TIME.wav).", valueName: "file"), completion: .file())
  var output: String?
  @OptionGroup(title: "Time of recording") var times: TimeOptions
  @OptionGroup var verbosity: ConsoleOptions

  func validate() throws {
    if machine != nil, channel != nil { throw ValidationError("--machine and --channel exclude each other.") }
    if let channel, channel < 1 { throw ValidationError("--channel counts from 1.") }
  }

  func run() throws {
    let console = verbosity.console(isJSON: false)
    try reporting(console) {
      let (silent, rate) = try Failure.wording {
        let cut = try TapeCut(try parts(console), from: since.nanoseconds, seconds: length.number)
        let title = machine.map { "sound of \($0)" } ?? "cut"
        return (try cut.write(to: path, format: format, title: title), Double(cut.rate))
      }
      for gap in silent {
        console.warning(
          "no file has the sound from \(Quantity.seconds(Double(gap.lowerBound) / rate)) to "
            + "\(Quantity.seconds(Double(gap.upperBound) / rate)) of the cut; it is silence")
      }
      Output.line(path.shown)
    }
  }

  private func parts(_ console: Console) throws -> [TapePart] {
    let channel: TapePart.Channel = machine.map { .machine($0) } ?? self.channel.map { .number($0 - 1) } ?? .all
    let files = try SoundList.files(self.files)
    let parts = try files.compactMap {
      try TapePart(path: $0, channel: channel, times: times.rules) { console.warning($0) }
    }
    if parts.isEmpty, let machine {
      throw Failure("no file has sound of '\(machine)' with a known time; check the name, or give --channel")
    }
    return parts
  }

  private var path: String {
    output ?? "\(ClipName.escaped(machine ?? "cut", most: 120))-\(ClipName.compact(since.nanoseconds)).wav"
  }

  private var format: SoundFormat { path.lowercased().hasSuffix(".flac") ? .flac : .wav }
}
