import GraphText
import Models
import SystemCalls
import TextEscapes

/// Draws figures with gnuplot: every figure as SVG and as PNG.
struct Gnuplot {
  let folder: String

  static let advice = "install gnuplot (Debian: apt-get install gnuplot-nox), or leave out --report"

  private static var program: ExternalProgram? { ExternalProgram("gnuplot") }

  /// Makes the folder of the figures.
  ///
  /// - Throws: `TrainingError` where gnuplot is missing, or the folder can't be made.
  static func makeFolder(_ path: String) throws {
    guard program != nil else {
      throw TrainingError("a report needs gnuplot for its figures, and gnuplot is not installed: \(advice)")
    }
    try makeOutputFolder(path)
  }

  /// Colours that print well and that colour-blind people can distinguish (Okabe and Ito), and a perceptually uniform
  /// scale (cividis, Nuñez, Anderton, Renslow 2018).
  static let normal = "#0072B2"
  static let anomalous = "#D55E00"
  static let shade = "#E69F00"
  private static let style = """
    set border 3 lc rgb '#444444'
    set tics nomirror out textcolor rgb '#222222'
    set grid lc rgb '#DDDDDD' lw 0.5
    set style fill solid 1 noborder
    set palette defined (0 '#00224E', 0.13 '#123570', 0.25 '#3B496C', 0.38 '#575D6D', 0.5 '#707173', 0.63 '#8A8678', \
    0.75 '#A59C74', 0.88 '#D2BE5F', 1 '#FEE838')
    """

  /// Removes the settings of the panel before.
  private static let clean =
    "unset arrow; unset label; unset object; unset logscale; unset title; unset xlabel; unset ylabel; unset cblabel; "
    + "set autoscale; set size noratio; set xtics autofreq; set ytics autofreq; set format '% h'"

  /// Draws panels of one size, row by row; each panel's script sets everything except terminal and output.
  ///
  /// - Parameter panel: width and height of each.
  func draw(_ name: String, panels: [String], columns: Int, panel: (width: Int, height: Int)) throws {
    guard panels.count > 1 else {
      return try draw(name, width: panel.width, height: panel.height, panels.first ?? "")
    }
    let rows = (panels.count + columns - 1) / columns
    try draw(
      name, width: columns * panel.width, height: rows * panel.height,
      "set multiplot layout \(rows),\(columns)\n"
        + panels.map { "\(Self.clean)\n\(Self.style)\n\($0)\n" }.joined() + "unset multiplot")
  }

  /// Draws one figure; the script sets everything except terminal and output.
  func draw(_ name: String, width: Int = 720, height: Int = 420, _ script: String) throws {
    let size = "size \(width),\(height)"
    try run(
      name,
      [
        ("png", "pngcairo noenhanced \(size) font 'sans,11' background rgb 'white'"),
        ("svg", "svg noenhanced \(size) dynamic font 'sans-serif,14' background rgb 'white'"),
      ].map { kind, terminal in
        """
        reset
        set encoding utf8
        set terminal \(terminal)
        set output '\(name).\(kind)'
        \(Self.style)
        \(script)
        unset output

        """
      }.joined())
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

  private func run(_ name: String, _ script: String) throws {
    // Without the user's settings, which a figure does not need.
    let outcome = Self.program?.run(["--default-settings"], input: Array(script.utf8), folder: folder)
    guard let outcome else { throw TrainingError("gnuplot cannot be run: \(Self.advice)") }
    guard outcome.status == 0 else { throw TrainingError("gnuplot could not draw \(name): \(outcome.lastWords)") }
  }

  /// A block of data under a name.
  static func data(_ name: String, _ rows: some Sequence<[Double]>) -> String {
    let lines = rows.map { $0.map { $0.isFinite ? "\($0)" : "NaN" }.joined(separator: " ") }
    return "$\(name) << EOD\n\(lines.joined(separator: "\n"))\nEOD"
  }

  /// A title of two lines; the second may be a long name of any origin.
  static func title(_ first: String, _ second: String) -> String {
    let name = second.count > 70 ? second.prefix(50) + "..." + second.suffix(17) : second[...]
    return "set title \(quoted(first)).\"\\n\".\(quoted(String(name)))"
  }

  /// Text of any origin as a string from which gnuplot executes nothing.
  static func quoted(_ text: String) -> String { GnuplotText.quoted(text.shown) }
}
