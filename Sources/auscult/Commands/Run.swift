import ArgumentParser
import FileDriver
import LiveControl

/// `auscult run`
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs a graph: live as a JACK client, or over audio files.",
    discussion: """
      Live, the graph runs until Ctrl-C, `auscult stop`, --duration or the end of the JACK server. Over files it runs \
      as fast as possible, and each file is a stream of its own. The graph's sinks write the results.

      A run ends within five seconds, even if a node does not return. On SIGHUP, a live run closes and reopens all \
      output files, for log rotation, and applies the graph file.

      Examples:
        auscult run fan.yaml                  live, on the JACK server that runs
        auscult run fan.yaml --start-server   on a private server without sound card
        auscult run fan.yaml --watch          applies the file at every save
        auscult run fan.yaml --name fan-2 --set mic.connect=system:capture_2
        auscult run fan.yaml --input monday.wav tuesday.flac
        auscult run fan.yaml --input week-47/ more.txt      a folder, and a list of files
        auscult run fan.yaml --input week-47/ --jobs 1      one file after the other
        auscult run fan.yaml -- -strange-name.wav
        auscult run fan.yaml --input night.wav --start-time 2026-11-21T22:00:00+01:00
        auscult run simulator.yaml --offline --duration 60s

      Exit status: 0 after a normal end; 1 when the server shut down, a file could not be read, or a node failed \
      (everything else still ran); 64 usage.
      """)

  @OptionGroup var input: GraphInput
  @OptionGroup(title: "Live") var live: LiveOptions
  @OptionGroup(title: "Without JACK") var files: FileOptions
  @OptionGroup(title: "Time of recording") var times: TimeOptions
  @Option(
    help: ArgumentHelp(
      "When the first sample of the one file, or of --offline, was recorded: 2026-11-21T09:30:00+01:00. Replaces what the "
        + "file states.", valueName: "time"))
  var startTime: String?

  @Option(help: ArgumentHelp("End after this duration of sound: 90, 90s, 1.5min, 2h.", valueName: "time"))
  var duration: Seconds?

  @Option(help: "Frames per second, with --start-server or --offline (default: 48000).")
  var rate: Rate?

  @Option(
    help: ArgumentHelp(
      "Frames in a cycle, with --start-server or without JACK (default: 1024). Results do not depend on it.",
      valueName: "frames"))
  var period: Period?

  @Flag(help: "Write messages to standard error as JSON, one object per line.") var json = false

  @OptionGroup var verbosity: ConsoleOptions

  func validate() throws {
    let isLive = files.names.isEmpty && !files.offline
    if isLive, startTime != nil || times.isGiven {
      throw ValidationError(
        "--start-time, --name-time and --time-zone are for runs without JACK: live, the clock counts.")
    }
    if let startTime, times.nanoseconds(startTime) == nil {
      throw ValidationError(
        "--start-time '\(startTime)' is no time; write a date and a time: 2026-11-21T09:30:00Z, or without a zone.")
    }
    if files.offline, !files.names.isEmpty {
      throw ValidationError("--offline is for graphs that make their own sound; it excludes --input.")
    }
    if files.offline, duration == nil {
      throw ValidationError("--offline needs --duration: a graph that makes its own sound has no end.")
    }
    if !isLive, let option = live.given.first { throw ValidationError("\(option) is for live runs.") }
    if isLive, files.givenJobs != nil { throw ValidationError("--jobs is for runs over files.") }
    if isLive, files.audioFolder != nil { throw ValidationError("--audio-folder is for runs without JACK.") }
    if !files.names.isEmpty, duration != nil { throw ValidationError("--duration is not for files: they have an end.") }
    if rate != nil, !live.startServer, !files.offline {
      throw ValidationError("--rate is for --start-server and --offline: a JACK server and a file have their own.")
    }
    if period != nil, isLive, !live.startServer {
      throw ValidationError("--period is for --start-server and files: a JACK server has its own.")
    }
    if live.startServer, live.reconnect {
      throw ValidationError("--reconnect does not go with --start-server: a private server does not come back.")
    }
    if isLive, let period, period.lengths.count > 1 { throw ValidationError("A JACK server has one --period.") }
  }

  func run() throws {
    let console = verbosity.console(isJSON: json)
    try reporting(console) {
      let isLive = files.names.isEmpty && !files.offline
      let catalog = input.changes.catalog.load(isPrivate: isLive)
      let graph = try input.load(catalog: catalog, console: console)
      try GraphTrial.examine(graph, probe: catalog.probe, rate: rate?.number ?? 48000)
      if isLive {
        let costs = CostTrial.costs(
          graph, probe: catalog.probe, rate: rate?.number ?? 48000, period: period?.lengths[0] ?? 1024)
        try LiveCommand(
          graph: graph, source: GraphSource(file: input.graph, overrides: input.changes.overrides, graph: graph),
          catalog: catalog, options: live, rate: rate?.number ?? 48000, period: period?.lengths[0] ?? 1024,
          duration: duration?.number, console: console, costs: costs
        ).run()
      } else {
        let names = try files.files()
        if startTime != nil, names.count > 1 {
          throw ValidationError("--start-time is for one file, and there are \(names.count); use --name-time.")
        }
        var rules = times.rules
        rules.start = startTime.flatMap { times.nanoseconds($0) }
        try FileCommand(
          graph: graph, files: names, times: rules, periods: period.flatMap { PeriodPlan($0.lengths) } ?? .standard,
          rate: rate?.number ?? 48000, duration: duration?.number, audioFolder: files.audioFolder, jobs: files.jobs,
          console: console
        ).run()
      }
    }
  }
}
