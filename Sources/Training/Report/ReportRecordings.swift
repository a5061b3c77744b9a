import Figures

/// The judged recordings as a table of a report, each with its sound where the file is at hand: the ones that look worst
/// come first.
struct ReportRecordings {
  /// More would make the page slow; all scores are in scores.csv.
  private static let most = 500

  let evaluation: Evaluation
  /// The folder of the page.
  let folder: String

  var table: ReportTable? { evaluation.isClassification ? classes : anomalies }

  private var anomalies: ReportTable? {
    let files = evaluation.fileScores().sorted {
      ($1.score, $0.recording, $0.machine) < ($0.score, $1.recording, $1.machine)
    }
    return table(
      "those with the highest mean scores first", ["machine", "mean score", "threshold", "judged"], files.count,
      files.prefix(Self.most).map { file in
        row(
          file.recording,
          [
            file.machine, FigureText.significant(file.score), FigureText.significant(file.threshold),
            file.score > file.threshold ? "above" : "below",
          ])
      })
  }

  private var classes: ReportTable? {
    let files = Dictionary(grouping: evaluation.tokens, by: \.recording).map { recording, tokens in
      let right = tokens.count { $0.found == $0.label }
      return (recording: recording, share: Double(right) / Double(tokens.count), tokens: tokens)
    }.sorted { ($0.share, $0.recording) < ($1.share, $1.recording) }
    return table(
      "those with the most errors first", ["found most", "tokens right", "tokens"], files.count,
      files.prefix(Self.most).map { file in
        let found = Dictionary(grouping: file.tokens.compactMap(\.found)) { $0 }.map { ($0.value.count, $0.key) }
        return row(
          file.recording,
          [found.max { $0 < $1 }?.1 ?? "", "\(FigureText.fixed(100 * file.share, 0)) %", "\(file.tokens.count)"])
      })
  }

  private func table(_ order: String, _ headings: [String], _ count: Int, _ rows: [[ReportTable.Cell]])
    -> ReportTable?
  {
    guard count > 0 else { return nil }
    let left = rows.count < count ? " (\(rows.count) of \(count))" : ""
    return ReportTable("Recordings\(left), \(order)", ["recording", "label"] + headings + ["sound"], cells: rows)
  }

  private func row(_ index: Int, _ cells: [String]) -> [ReportTable.Cell] {
    let recording = evaluation.recordings[index]
    let label = recording.events.isEmpty ? recording.label : "\(recording.label), with events"
    return ([recording.path, label] + cells).map { .text($0) } + [
      .sound(SoundLink(to: recording.path, from: folder), name: recording.path)
    ]
  }
}
