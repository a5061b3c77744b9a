import GraphText
import TextEscapes

/// A report as one page: frame and content. Escapes text of any origin; the page runs nothing and loads nothing, except
/// recordings that lie where their links say.
public struct ReportPage {
  public let title: String

  public init(title: String) { self.title = title }

  public func html(_ body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><title>\(Self.escaped(title))</title>
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self' file:">
    <meta name="viewport" content="width=device-width, initial-scale=1"><style>
    \(Self.style)
    </style></head><body><main>
    <h1>\(Self.escaped(title))</h1>
    \(body)
    </main></body></html>

    """
  }

  /// The look of the page of `auscult serve`. Figures keep their white paper in the dark.
  private static let style = """
    :root { color-scheme: light dark; font: 1rem/1.4 system-ui, sans-serif; --line: #8884; --quiet: #595959 }
    @media (prefers-color-scheme: dark) { :root { --quiet: #b4b4b4 } }
    body { margin: 1rem } main { max-width: 64rem; margin: auto }
    h1 { font-size: 1.25rem } h2 { font-size: 1rem } h1, h2, p, tbody th, code, figcaption { overflow-wrap: anywhere }
    table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
    caption { text-align: left; font-weight: 600; padding: .2rem 0 }
    td, th { padding: .2rem .6rem; text-align: right; font-weight: 400; min-width: 4em }
    thead th { font-weight: 600 } td:first-child, th:first-child { text-align: left } tr { border-bottom: 1px solid var(--line) }
    .wide { overflow-x: auto } .sound { white-space: nowrap } audio { height: 2rem; width: 14rem; vertical-align: middle }
    figure { margin: 1.5rem 0; border: 1px solid var(--line); border-radius: .4rem; padding: .6rem }
    figure svg { display: block; width: 100%; max-height: 32rem; background: #fff; border-radius: .3rem }
    figure svg g { font-family: inherit }
    figcaption { color: var(--quiet); font-size: .85rem; margin-top: .4rem } figcaption strong { color: CanvasText }
    .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
    @media print {
      :root { color-scheme: light; font-size: 10pt; --quiet: #444 } body { margin: 0 } audio { display: none }
      figure, tr { break-inside: avoid } h1, h2, caption { break-after: avoid } .wide { overflow: visible }
    }
    """

  public static func heading(_ text: String) -> String { "<h2>\(escaped(text))</h2>" }

  public static func paragraphs(_ texts: [String]) -> String {
    texts.map { "<p>\(escaped($0))</p>" }.joined(separator: "\n")
  }

  public static func table(_ table: ReportTable) -> String { table.html }

  /// A figure with its words below.
  ///
  /// - Parameter svg: from `Gnuplot.word`.
  public static func figure(svg: String, _ words: FigureWords) -> String {
    let picture = svg.firstRange(of: "<svg").map { svg[$0.lowerBound...] } ?? ""
    let text = [words.text, words.axes, words.values].filter { !$0.isEmpty }.map(escaped).joined(separator: " ")
    return "<figure>\(picture)<figcaption><strong>\(escaped(words.title)).</strong> \(text)</figcaption></figure>"
  }

  /// Control characters and file names of any bytes are written out.
  static func escaped(_ text: String) -> String { HTMLText.escaped(TerminalText.line(text, most: 2000)) }
}
