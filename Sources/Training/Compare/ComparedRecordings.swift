import Figures

/// The judged recordings of a comparison as a table of its report, each with its sound where the file is at hand, and
/// with its scores by the first seed of each graph.
struct ComparedRecordings {
  /// More would make the page slow; all scores are in scores.csv.
  private static let most = 500

  let comparison: Comparison
  /// The folder of the page.
  let folder: String

  private struct Key: Hashable {
    var path: String
    var machine: String
  }

  var table: ReportTable? {
    var (order, labels, cells): ([Key], [Key: String], [Key: [String]]) = ([], [:], [:])
    for (column, row) in comparison.rows.enumerated() {
      for recording in row.results.first?.recordings ?? [] {
        let key = Key(path: recording.path, machine: recording.machine)
        if labels.updateValue(recording.label, forKey: key) == nil { order.append(key) }
        cells[key, default: [String](repeating: "", count: comparison.rows.count)][column] =
          comparison.isClassification ? recording.found ?? "" : FigureText.significant(recording.score)
      }
    }
    guard !order.isEmpty else { return nil }
    let shown = order.sorted { ($0.path, $0.machine) < ($1.path, $1.machine) }.prefix(Self.most)
    let left = shown.count < order.count ? " (\(shown.count) of \(order.count))" : ""
    let what = comparison.isClassification ? "the label that each graph found" : "the mean score by each graph"
    return ReportTable(
      "Recordings\(left): \(what)", ["recording", "label", "machine"] + comparison.rows.map(\.path) + ["sound"],
      cells: shown.map { key in
        ([key.path, labels[key]!, key.machine] + cells[key]!).map { .text($0) } + [
          .sound(SoundLink(to: key.path, from: folder), name: key.path)
        ]
      })
  }
}
