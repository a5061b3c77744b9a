import Database
import Figures
import History
import OutputFiles
import Records
import Training

/// `auscult history --report`: a page with the scores of each machine over time, and the events with their clips.
struct HistoryReport {
  /// More would make the page slow; `auscult history` prints them all.
  private static let mostEvents = 1000
  static let figure = "history"

  private let reader: HistoryReader
  /// The database's path.
  private let file: String
  private let filter: HistoryFilter
  private let folder: String

  /// - Parameter filter: also says which kinds of events are listed.
  init(_ reader: HistoryReader, _ filter: HistoryFilter, file: String, folder: String) {
    self.reader = reader
    self.filter = filter
    self.file = file
    self.folder = folder
  }

  /// - Parameter warn: is told when there is no figure.
  func write(warn: (String) -> Void) throws {
    let plot = HistoryPlot(reader, filter)
    let panels = try plot.panels()
    let gnuplot = Gnuplot(folder: folder)
    var picture: String?
    if panels.isEmpty {
      warn("there are no scores to draw")
    } else {
      do {
        try gnuplot.draw(
          Self.figure, panels: panels.map(\.script), columns: 1, panel: (900, HistoryPlot.height))
        let words = HistoryPlot.words(panels)
        picture = try gnuplot.word(Self.figure, words).map { ReportPage.figure(svg: $0, words) }
      } catch {
        throw Failure("\(folder.shown): \(error)")
      }
    }
    let table = try events()
    let page = ReportPage(title: "History of \(file)").html(
      """
      \(ReportPage.paragraphs([range]))
      \(picture ?? "")
      \(ReportPage.table(table))
      """)
    do {
      try WholeFile.write(Array(page.utf8), to: "\(folder)/report.html")
    } catch {
      throw Failure(error.description)
    }
  }

  private var range: String {
    let since = filter.since.map { " from \(wallTimeText($0))" } ?? ""
    let until = filter.until.map { " until \(wallTimeText($0))" } ?? ""
    let machines = filter.machines.isEmpty ? "All machines" : filter.machines.joined(separator: ", ")
    return "\(machines)\(since)\(until). All times are UTC."
  }

  /// The latest ones, with their clips.
  private func events() throws -> ReportTable {
    var (rows, count): ([HistoryRow], Int) = ([], 0)
    try reader.rows(filter, wording: Failure.wording) { row in
      count += 1
      rows.append(row)
      if rows.count >= 2 * Self.mostEvents { rows.removeFirst(rows.count - Self.mostEvents) }
    }
    rows = rows.suffix(Self.mostEvents)
    let left = count > rows.count ? " (the last \(rows.count) of \(count))" : ""
    return ReportTable(
      "Events\(left)", ["time", "machine", "what", "score", "threshold", "notes", "sound"],
      cells: rows.map { row in
        row.cells.map { .text($0) } + [row.clip.map { .sound(link($0), name: $0) } ?? .text("")]
      })
  }

  /// A path in the database is that of the watch: relative to where it ran, often the database's folder.
  private func link(_ clip: String) -> SoundLink? {
    SoundLink(to: clip, from: folder)
      ?? SoundLink(to: "\(LinkedPath.split(file).folder)/\(clip)", from: folder)
  }
}
