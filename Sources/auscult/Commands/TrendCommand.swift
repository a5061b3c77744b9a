import ArgumentParser
import Database
import GraphText
import History
import LiveControl
import RunControl

/// `auscult trend`
struct TrendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trend",
    abstract: "Says how the scores of each machine drift over days and months.",
    discussion: """
      A sink.sqlite keeps the quantiles of each day's scores, also after the scores themselves are deleted. A line \
      through the daily medians (Theil and Sen) says whether they rise. A trend needs four days. A change of less than \
      5 % of the distance to the threshold, or one that may be chance (Mann and Kendall), is steady. A new model begins a \
      new series. Silent and clipped sound does not count.

      Examples:
        auscult trend                                  of auscult.sqlite
        auscult trend watch.sqlite --machine pump-2 --since 90d --plot pump-2.svg
        auscult trend --json | jq '.machines[] | select(.verdict == "rising")'
      """)

  @OptionGroup var options: HistoryOptions
  @Flag(help: "Print one JSON object.") var json = false
  @Option(help: ArgumentHelp("Draw a figure into this file, .svg or .png.", valueName: "file"), completion: .file())
  var plot: String?
  @OptionGroup var verbosity: ConsoleOptions

  func validate() throws {
    if let plot { _ = try FigureFile(plot) }
  }

  func run() throws {
    let console = verbosity.console(isJSON: json)
    try reporting(console) {
      let reader = try options.open()
      let trends = try read(reader).map { TrendText($0) }
      if let plot, !trends.isEmpty {
        let file = try FigureFile(plot)
        let drawn = trends.prefix(32)
        try file.draw(drawn.map(\.panel), TrendText.words(drawn))
        console.info("wrote \(file.path.shown)")
      }
      if json { return Output.line(.object(["machines": .array(trends.map(\.json))])) }
      guard !trends.isEmpty else {
        if let reason = try options.untimed(reader) { return console.warning(reason) }
        return console.info("\(options.file.shown) has no scores of that time")
      }
      show(trends)
    }
  }

  private func read(_ reader: HistoryReader) throws -> [MachineTrend] {
    do throws(DatabaseProblem) { return try reader.trends(options.filter) } catch { throw Failure.wording(error) }
  }

  private func show(_ trends: [TrendText]) {
    var table = Table(TrendText.headings.map { ($0.0, $0.1) })
    for trend in trends { table.add(trend.cells) }
    Output.line(table.text)
    Output.line("")
    for trend in trends {
      Output.line(trend.sentence)
      if let day = trend.trend.modelSince { Output.line("  another model judged it until \(day)") }
    }
  }
}
