import FoundationEssentials
import GraphText
import TextEscapes

/// A report as one self-contained page: frame and content. Escapes text of any origin; the page may load and run
/// nothing.
struct ReportPage {
  let title: String

  func html(_ body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><title>\(Self.escaped(title))</title>
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
    <meta name="viewport" content="width=device-width"><style>
    body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 60em; margin: 2em auto; padding: 0 1em }
    table { border-collapse: collapse; margin: 1em 0 } td, th { padding: .25em .8em; text-align: right }
    td:first-child, th:first-child { text-align: left } tr { border-bottom: 1px solid #ddd }
    .wide { overflow-x: auto } figure { margin: 2em 0 } figure svg { max-width: 100%; height: auto } figcaption { color: #555 }
    code { overflow-wrap: anywhere }
    </style></head><body>
    <h1>\(Self.escaped(title))</h1>
    \(body)
    </body></html>

    """
  }

  static func heading(_ text: String) -> String { "<h2>\(escaped(text))</h2>" }

  static func paragraphs(_ texts: [String]) -> String {
    texts.map { "<p>\(escaped($0))</p>" }.joined(separator: "\n")
  }

  static func table(_ headings: [String], _ rows: [[String]]) -> String {
    let head = "<tr>" + headings.map { "<th>\(escaped($0))</th>" }.joined() + "</tr>"
    let body = rows.map { "<tr>" + $0.map { "<td>\(escaped($0))</td>" }.joined() + "</tr>" }
    return "<div class=\"wide\"><table>\(head)\n\(body.joined(separator: "\n"))</table></div>"
  }

  /// A figure from NAME.svg, with a text below; nil where there is no such file.
  static func figure(_ name: String, in folder: String, _ text: String) -> String? {
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(name).svg") else { return nil }
    let picture = String(decoding: data, as: UTF8.self)
    guard let start = picture.firstRange(of: "<svg") else { return nil }
    // Make ids unique, because all figures are in one document.
    let svg = picture[start.lowerBound...].replacing("id=\"", with: "id=\"\(name)-")
      .replacing("url(#", with: "url(#\(name)-").replacing("xlink:href='#", with: "xlink:href='#\(name)-")
      .replacing("xlink:href=\"#", with: "xlink:href=\"#\(name)-").replacing("id='", with: "id='\(name)-")
    return "<figure>\(svg)<figcaption>\(escaped(text))</figcaption></figure>"
  }

  private static func escaped(_ text: String) -> String { HTMLText.escaped(TerminalText.line(text, most: 1000)) }
}
