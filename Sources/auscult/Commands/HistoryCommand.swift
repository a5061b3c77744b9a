import ArgumentParser
import Database
import GraphText
import History
import OutputFiles
import Training

/// `auscult history`
struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Shows what a watch has written to its database, also while it runs.",
    discussion: """
      Lists alarms, deafness, gaps, lost connections and other events in the order of time. --kind score lists scores; \
      with --every, the worst score of each stretch of time. --plot draws the worst scores with the threshold and the \
      alarms, for a range of hours to months.

      Examples:
        auscult history                           all events of auscult.sqlite
        auscult history watch.sqlite --since 2d --machine fan-03
        auscult history --last 20
        auscult history --list                    which machines and graphs it has
        auscult history --kind alarm --since 2026-11-01 --format csv > alarms.csv
        auscult history --kind score --every 1h --since 30d
        auscult history --since 30d --plot november.svg
        auscult history --since 30d --report november/
        auscult history --import run.jsonl --import run.1.jsonl

      --report writes a page, report.html, into a folder: the figure, and a table of the events with a player for each \
      clip that is at hand.

      --import adds the records of files that sink.jsonl has written. What an earlier import of the same file added is \
      replaced.
      """)

  @OptionGroup var options: HistoryOptions
  @Option(
    help: ArgumentHelp(
      "Only records of this kind: alarm, deaf, gap, connection, clock, swap, clip, score, or all; may be given several "
        + "times (default: all but score).", valueName: "kind"))
  var kind: [String] = []
  @Option(help: ArgumentHelp("Of the scores, print the worst of each stretch of this length.", valueName: "time"))
  var every: Seconds?
  @Option(help: ArgumentHelp("The same, with stretches so long that there are at most so many.", valueName: "number"))
  var buckets: Int?
  @Option(help: ArgumentHelp("Print the last of them only, at most so many.", valueName: "number")) var last: Int?
  @Flag(
    name: .customLong("list"), help: "Instead: the machines and graphs that have records, with first and last time.")
  var lists = false
  @Option(help: "Print a table, comma-separated values, or one JSON object a line.") var format = HistoryFormat.table
  @Option(help: ArgumentHelp("Draw a figure into this file, .svg or .png.", valueName: "file"), completion: .file())
  var plot: String?
  @Option(help: ArgumentHelp("Write a report into this folder.", valueName: "folder"), completion: .directory)
  var report: String?
  @Option(
    name: .customLong("import"),
    help: ArgumentHelp("Add the records of this file of JSON lines; may be given several times.", valueName: "file"),
    completion: .file())
  var imports: [String] = []
  @OptionGroup var verbosity: ConsoleOptions

  func validate() throws {
    if let last, last < 1 { throw ValidationError("--last takes a number from 1 on.") }
    if plot != nil, report != nil { throw ValidationError("--plot and --report exclude each other.") }
    if report != nil, format != .table || every != nil || buckets != nil {
      throw ValidationError("--format, --every and --buckets have no meaning for a report.")
    }
    if lists, plot != nil || report != nil || !kind.isEmpty || last != nil || !imports.isEmpty {
      throw ValidationError("--list prints nothing of the records; ask for them in a second command.")
    }
    if every != nil || buckets != nil, !kinds.contains("score") {
      throw ValidationError("--every and --buckets go with --kind score.")
    }
    if let buckets, buckets < 1 || every != nil {
      throw ValidationError("--buckets takes a number from 1 on, and goes without --every.")
    }
    if !imports.isEmpty, plot != nil || report != nil || !kind.isEmpty || format != .table {
      throw ValidationError("--import prints nothing of the history; ask for it in a second command.")
    }
    if let plot, !kind.isEmpty { throw ValidationError("--kind has no meaning for the figure \(plot.shown).") }
    if let plot { _ = try FigureFile(plot) }
  }

  private static let knownKinds: Set<String> = [
    "score", "alarm", "deaf", "gap", "connection", "clock", "swap", "clip", "quarantine", "isolation",
  ]

  private var kinds: Set<String> {
    let named = kind.flatMap { $0.split(separator: ",").map(String.init) }
    return named.contains("all") ? Self.knownKinds.union(named) : Set(named)
  }

  func run() throws {
    let console = verbosity.console(isJSON: false)
    try reporting(console) {
      if !imports.isEmpty { return try importFiles(console) }
      let reader = try options.open()
      if let plot { return try draw(reader, FigureFile(plot), console) }
      if let report { return try write(reader, report, console) }
      var filter = options.filter
      filter.kinds = kind.isEmpty ? nil : kinds
      filter.every = try every?.number ?? buckets.flatMap { try Self.width($0, filter, reader) }
      if lists { return try HistoryList(reader, options.machine).show(format) }
      let printer = HistoryPrinter(format, last: last)
      try reader.rows(filter, wording: Failure.wording) { printer.add($0) }
      printer.flush()
      guard printer.count == 0 else { return }
      if every != nil, let reason = try options.untimed(reader) { return console.warning(reason) }
      console.info("\(options.file.shown) has nothing of that")
    }
  }

  /// Seconds of a stretch; nil: there are no scores. Whole minutes where it is that much: they are read fast.
  private static func width(_ buckets: Int, _ filter: HistoryFilter, _ reader: HistoryReader) throws -> Double? {
    do throws(DatabaseProblem) {
      var known: (first: Int64, last: Int64)?
      for machine in filter.machines.isEmpty ? try reader.machines() : filter.machines {
        guard let range = try reader.range(of: machine) else { continue }
        known = (min(range.first, known?.first ?? .max), max(range.last, known?.last ?? .min))
      }
      guard let known else { return nil }
      let (begin, end) = (max(filter.since ?? .min, known.first), min(filter.until ?? .max, known.last))
      // As integers, the difference of two times may be too large.
      let width = max(1, ((Double(end) - Double(begin)) / 1e9 / Double(max(1, buckets - 1))).rounded(.up))
      return width < 30 ? width : (width / 60).rounded(.up) * 60
    } catch {
      throw Failure.wording(error)
    }
  }

  private func draw(_ reader: HistoryReader, _ file: FigureFile, _ console: Console) throws {
    let plot = HistoryPlot(reader, options.filter)
    guard try plot.draw(into: file) else {
      return console.warning(try options.untimed(reader) ?? "there are no scores to draw")
    }
    console.info("wrote \(file.path.shown)")
  }

  private func write(_ reader: HistoryReader, _ folder: String, _ console: Console) throws {
    try Failure.wording { try ReportPlace(folder, history: options.file).prepare(figure: HistoryReport.figure) }
    var filter = options.filter
    filter.kinds = kind.isEmpty ? nil : kinds
    try HistoryReport(reader, filter, file: options.file, folder: folder).write { console.warning($0) }
    console.info("the report is in \(folder.shown)/report.html")
  }

  private func importFiles(_ console: Console) throws {
    let file = HistoryFile(path: options.file, append: true, every: nil, limits: HistoryLimits())
    defer { file.letGo() }
    for path in imports {
      do throws(FileProblem) {
        var work = HistoryImport(into: file)
        let outcome = try work.read(path)
        if let line = outcome.firstRejected {
          console.warning(
            "\(path.shown): ignored \(Quantity.count(outcome.rejected, "line")) that are no records; the first is line "
              + "\(line)")
        }
        console.info("\(path.shown): \(Quantity.count(outcome.rows, "record")) in \(options.file.shown)")
      } catch {
        throw Failure(error.description)
      }
    }
  }
}
