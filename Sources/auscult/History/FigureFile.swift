import ArgumentParser
import Figures
import Glibc
import GraphText
import OutputFiles
import SystemCalls
import TextEscapes

/// A figure that a command draws into a file.
struct FigureFile {
  let path: String
  private let format: String

  /// - Throws: the name has another ending.
  init(_ path: String) throws {
    guard let format = ["svg", "png"].first(where: { path.hasSuffix(".\($0)") }) else {
      throw ValidationError("A figure is an .svg or a .png file, not '\(path.shown)'.")
    }
    self.path = path
    self.format = format
  }

  /// Draws panels below each other. The file is replaced when the figure is whole.
  func draw(_ panels: [String], _ words: FigureWords, height: Int = 300) throws {
    guard Gnuplot.isInstalled else {
      throw Failure("a figure needs gnuplot, which is not installed", advice: Gnuplot.advice)
    }
    let folder = LinkedPath.split(path).folder
    let name = ".auscult-figure-\(getpid())"
    let draft = "\(folder)/\(name).\(format)"
    defer { unlink(PathText.bytes(draft)) }
    do {
      let gnuplot = Gnuplot(folder: folder)
      try gnuplot.draw(
        name, format: format, width: 900, height: height * panels.count + 20, Gnuplot.script(panels: panels, columns: 1)
      )
      if format == "svg" { _ = try gnuplot.word(name, words, prefix: "figure") }
    } catch {
      throw Failure("\(path.shown): \(error.description)", advice: "check that the folder exists and may be written")
    }
    guard rename(PathText.bytes(draft), PathText.bytes(path)) == 0 else {
      throw Failure(FileProblem("write", path, errno).description)
    }
  }
}

extension Gnuplot {
  /// An axis of times in seconds since the Unix epoch.
  static func timeAxis(_ begin: Double, _ end: Double) -> String {
    let format =
      switch end - begin {
      case ..<7200: "%H:%M:%S"
      case ..<172_800: #"%H:%M\n%d %b"#
      default: #"%d %b\n%Y"#
      }
    return "set xtics time format \"\(format)\"; set xrange [\(begin):\(end)]; set xlabel 'UTC'"
  }
}
