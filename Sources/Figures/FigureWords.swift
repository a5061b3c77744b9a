import OutputFiles

/// What a figure says, in words: for its caption, and for people who do not see it.
public struct FigureWords: Sendable {
  public var title: String
  /// What it shows, in sentences.
  public var text: String
  /// Its axes with their units, in sentences.
  public var axes: String
  /// Its most important numbers, in sentences; empty: none.
  public var values: String

  public init(title: String, text: String, axes: String, values: String = "") {
    self.title = title
    self.text = text
    self.axes = axes
    self.values = values
  }

  /// The alternative text.
  var alternative: String { [text, axes, values].filter { !$0.isEmpty }.joined(separator: " ") }

  /// An SVG file of gnuplot with these words instead of gnuplot's own title and description, as a picture for screen
  /// readers. Every id begins with the name, so that several figures can be in one page.
  fileprivate func worded(svg: String, _ name: String) -> String {
    guard let start = svg.firstRange(of: "<svg"), let end = svg.firstRange(of: "</desc>") else { return svg }
    let attributes = svg[start.upperBound..<end.lowerBound].prefix { $0 != ">" }
    let rest = svg[end.upperBound...].replacing("id=\"", with: "id=\"\(name)-")
      .replacing("url(#", with: "url(#\(name)-").replacing("xlink:href='#", with: "xlink:href='#\(name)-")
      .replacing("xlink:href=\"#", with: "xlink:href=\"#\(name)-").replacing("id='", with: "id='\(name)-")
    return svg[..<start.upperBound]
      + "\(attributes)role=\"img\" aria-labelledby=\"\(name)-title \(name)-words\">\n"
      + "<title id=\"\(name)-title\">\(ReportPage.escaped(title))</title>\n"
      + "<desc id=\"\(name)-words\">\(ReportPage.escaped(alternative))</desc>" + rest
  }
}

extension Gnuplot {
  private static let mostBytes = 64 << 20

  /// Puts words into the file NAME.svg of this folder, once.
  ///
  /// - Parameters:
  ///   - name: ASCII letters, digits, dots and hyphens.
  ///   - prefix: how its ids begin (default: with the name).
  /// - Returns: its content; nil: there is no such file.
  public func word(_ name: String, _ words: FigureWords, prefix: String? = nil) throws(FigureProblem) -> String? {
    let path = "\(folder)/\(name).svg"
    guard let bytes = WholeFile.read(path, most: Self.mostBytes) else { return nil }
    let svg = words.worded(svg: String(decoding: bytes, as: UTF8.self), prefix ?? name)
    do {
      try WholeFile.write(Array(svg.utf8), to: path)
    } catch {
      throw FigureProblem(error.description)
    }
    return svg
  }
}
