import Glibc
import Models
import TextEscapes

/// The score files that DCASE task 2 takes: `anomaly_score_<machine>_section_<nn>_test.csv` and
/// `decision_result_<machine>_section_<nn>_test.csv`, a line for each clip: its name, and its score, or 1 where it is
/// anomalous by the threshold and 0 otherwise.
public struct ScoreFiles {
  private let folder: String
  private let place: ReportPlace

  public init(_ folder: String, place: ReportPlace) {
    self.folder = folder
    self.place = place
  }

  /// Makes the folder before the long work begins.
  public func prepare() throws {
    try makeOutputFolder(folder)
  }

  /// Replaces only earlier score files.
  ///
  /// - Throws: `TrainingError`.
  public func write(_ figures: ChallengeFigures) throws {
    let files = figures.sections.flatMap { section in
      let name = "\(section.machineType)_section_\(section.name)_test.csv"
      return [
        ("\(folder)/anomaly_score_\(name)", section.clips.map { "\(CSVText.field($0.name)),\($0.score)" }),
        (
          "\(folder)/decision_result_\(name)", section.clips.map { "\(CSVText.field($0.name)),\($0.isFlagged ? 1 : 0)" }
        ),
      ]
    }
    for (path, _) in files { try place.checkScores(path) }
    for (path, lines) in files {
      do {
        try replaceFile(path, with: Array((lines.joined(separator: "\n") + "\n").utf8))
      } catch {
        throw TrainingError(error.description)
      }
    }
  }
}
