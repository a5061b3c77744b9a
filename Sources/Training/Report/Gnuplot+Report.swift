import Figures
import Models

extension Gnuplot {
  /// Makes the folder of a report's figures.
  ///
  /// - Throws: `TrainingError` where gnuplot is missing, or the folder can't be made.
  static func makeFolder(_ path: String) throws {
    guard isInstalled else {
      throw TrainingError(
        "a report needs gnuplot for its figures, and gnuplot is not installed: \(advice), or leave out --report")
    }
    try makeOutputFolder(path)
  }

  /// The numbers of a figure, as NAME.csv.
  func table(_ name: String, _ head: String, _ rows: some Sequence<[String]>) throws {
    let lines = [head] + rows.map { $0.joined(separator: ",") }
    do {
      try replaceFile("\(folder)/\(name).csv", with: Array((lines.joined(separator: "\n") + "\n").utf8))
    } catch {
      throw TrainingError(error.description)
    }
  }

  /// Gives the figures that were drawn their words, in their SVG files, too.
  ///
  /// - Returns: the figures for a page.
  func pictures(_ figures: [(name: String, words: FigureWords)], warn: (String) -> Void) -> [String] {
    figures.compactMap { name, words -> String? in
      do {
        return try word(name, words).map { ReportPage.figure(svg: $0, words) }
      } catch {
        warn("no figure '\(name)': \(error)")
        return nil
      }
    }
  }
}
