import Figures
import FoundationEssentials
import Glibc
import GraphEngine
import OutputFiles
import TextEscapes

/// The folder of a report: replaces only files of an earlier report.
public struct ReportPlace {
  private let path: String
  private var outputs: OutputGuard

  public init(_ path: String, graph: Graph, set: RecordingSet) { self.init(path, graphs: [graph], set: set) }

  public init(_ path: String, graphs: [Graph], set: RecordingSet) {
    self.path = path
    outputs = OutputGuard()
    for graph in graphs { outputs.protect(OutputGuard(graph)) }
    outputs.protect(set.recordings.map(\.path), as: "a recording that is read")
    outputs.protect([set.source], as: "what lists the recordings")
  }

  /// - Parameter history: the database that the report is about.
  public init(_ path: String, history: String) {
    self.path = path
    outputs = OutputGuard()
    outputs.protect([history], as: "the history that is read")
  }

  /// Makes the folder of a report of one page with one figure, and checks for gnuplot.
  ///
  /// - Throws: `TrainingError`, also for the first file that must not be replaced.
  public func prepare(figure: String) throws {
    for (name, begins) in [
      ("report.html", ["<!", "<h"]), ("\(figure).svg", ["<"]), ("\(figure).png", ["\u{89}PNG"]),
    ] { try check("\(path)/\(name)", begins: begins) }
    try Gnuplot.makeFolder(path)
  }

  /// - Throws: `TrainingError` for the first file that must not be replaced.
  func check(figures: [String]) throws {
    let files = [
      ("report.html", ["<!", "<h"]), ("metrics.json", ["{"]), ("scores.csv", ["file,machine,begin,end,rate,"]),
    ]
    let tables = [
      ("roc.csv", ["machine,false_positive_rate,"]), ("residual.csv", ["machine,band,"]),
    ]
    let pictures = figures.flatMap { [("\($0).svg", ["<"]), ("\($0).png", ["\u{89}PNG"])] }
    for (name, begins) in files + tables + pictures { try check("\(path)/\(name)", begins: begins) }
  }

  /// The same for the report of a comparison.
  func checkComparison(figure: String) throws {
    let files = [
      ("report.html", ["<!", "<h"]), ("comparison.json", ["{"]), ("comparison.csv", ["file,graph,"]),
      ("scores.csv", ["graph,seed,"]), ("\(figure).svg", ["<"]), ("\(figure).png", ["\u{89}PNG"]),
    ]
    for (name, begins) in files { try check("\(path)/\(name)", begins: begins) }
  }

  /// A file of scores, a name and a number in each line.
  func checkScores(_ file: String) throws {
    try check(file) { head in
      let line = String(decoding: head.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
      guard let comma = line.lastIndex(of: ",") else { return false }
      return Double(line[line.index(after: comma)...]) != nil
    }
  }

  private func check(_ file: String, begins: [String]) throws {
    try check(file) { head in
      begins.contains { text in head.starts(with: text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }) }
    }
  }

  private func check(_ file: String, isOurs: (Data) -> Bool) throws {
    if let problem = outputs.problem(file) { throw TrainingError("\(file): \(problem)") }
    var status = stat()
    guard stat(PathText.bytes(file), &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFREG else { throw TrainingError("\(file): is not a file; give another folder") }
    guard status.st_size > 0 else { return }
    guard let head = fileContent(file, most: 1023), isOurs(head) else {
      throw TrainingError("\(file): exists and does not belong to a report; it stays unchanged: give another folder")
    }
  }
}
