import GraphText
import SystemCalls
import TextEscapes

/// Why a figure can't be drawn, and the next step.
public struct FigureProblem: Error, CustomStringConvertible, Sendable {
  public var description: String

  public init(_ text: String) { description = text }
}

/// Draws figures with gnuplot: every figure as SVG and as PNG.
public struct Gnuplot: Sendable {
  /// The folder that the figures go into.
  public let folder: String

  public init(folder: String) { self.folder = folder }

  /// What to do where it is missing.
  public static let advice = "install gnuplot (Debian: apt-get install gnuplot-nox)"

  private static var program: ExternalProgram? { ExternalProgram("gnuplot") }

  /// Whether there is a gnuplot to run.
  public static var isInstalled: Bool { program != nil }

  /// Colours that print well and that colour-blind people can distinguish (Okabe and Ito), and a perceptually uniform
  /// scale (cividis, Nuñez, Anderton, Renslow 2018).
  public static let normal = "#0072B2"
  public static let anomalous = "#D55E00"
  public static let shade = "#E69F00"
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
  public func draw(
    _ name: String, panels: [String], columns: Int, panel: (width: Int, height: Int)
  ) throws(FigureProblem) {
    guard panels.count > 1 else {
      return try draw(name, width: panel.width, height: panel.height, panels.first ?? "")
    }
    let rows = (panels.count + columns - 1) / columns
    try draw(
      name, width: columns * panel.width, height: rows * panel.height, Self.script(panels: panels, columns: columns))
  }

  /// One script of several panels, row by row.
  public static func script(panels: [String], columns: Int) -> String {
    let rows = (panels.count + columns - 1) / columns
    return "set multiplot layout \(rows),\(columns)\n"
      + panels.map { "\(clean)\n\(style)\n\($0)\n" }.joined() + "unset multiplot"
  }

  /// Draws one figure; the script sets everything except terminal and output.
  public func draw(_ name: String, width: Int = 720, height: Int = 420, _ script: String) throws(FigureProblem) {
    try run(
      name,
      Self.terminals("size \(width),\(height)").map { kind, terminal in
        Self.script(terminal, "set output '\(name).\(kind)'", script)
      }.joined())
  }

  /// Draws one figure into the file NAME.FORMAT.
  ///
  /// - Parameters:
  ///   - name: ASCII letters, digits, dots and hyphens.
  ///   - format: `svg` or `png`.
  public func draw(
    _ name: String, format: String, width: Int, height: Int, _ script: String
  ) throws(FigureProblem) {
    guard let terminal = Self.terminals("size \(width),\(height)").first(where: { $0.0 == format }) else {
      throw FigureProblem("a figure is an .svg or a .png file, not .\(format)")
    }
    try run(name, Self.script(terminal.1, "set output '\(name).\(format)'", script))
  }

  private static func terminals(_ size: String) -> [(String, String)] {
    [
      ("png", "pngcairo noenhanced \(size) font 'sans,11' background rgb 'white'"),
      ("svg", "svg noenhanced \(size) dynamic font 'sans-serif,14' background rgb 'white'"),
    ]
  }

  private static func script(_ terminal: String, _ output: String, _ script: String) -> String {
    """
    reset
    set encoding utf8
    set terminal \(terminal)
    \(output)
    \(style)
    \(script)
    unset output

    """
  }

  private func run(_ name: String, _ script: String) throws(FigureProblem) {
    // Without the user's settings, which a figure does not need.
    let outcome = Self.program?.run(["--default-settings"], input: Array(script.utf8), folder: folder)
    guard let outcome else { throw FigureProblem("gnuplot cannot be run: \(Self.advice)") }
    guard outcome.status == 0 else { throw FigureProblem("gnuplot could not draw \(name): \(outcome.lastWords)") }
  }

  /// A block of data under a name.
  public static func data(_ name: String, _ rows: some Sequence<[Double]>) -> String {
    let lines = rows.map { $0.map { $0.isFinite ? "\($0)" : "NaN" }.joined(separator: " ") }
    return "$\(name) << EOD\n\(lines.joined(separator: "\n"))\nEOD"
  }

  /// A title of two lines; the second may be a long name of any origin.
  public static func title(_ first: String, _ second: String) -> String {
    let name = second.count > 70 ? second.prefix(50) + "..." + second.suffix(17) : second[...]
    return "set title \(quoted(first)).\"\\n\".\(quoted(String(name)))"
  }

  /// Text of any origin as a string from which gnuplot executes nothing.
  public static func quoted(_ text: String) -> String { GnuplotText.quoted(text.shown) }
}
