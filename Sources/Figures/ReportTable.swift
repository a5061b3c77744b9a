/// A table of a report's page, with a caption and headings that screen readers tell.
public struct ReportTable: Sendable {
  public enum Cell: Sendable {
    case text(String)
    /// A recording with a player; nil: the file is not there.
    case sound(SoundLink?, name: String)
  }

  public var caption: String
  public var headings: [String]
  public var rows: [[Cell]]

  public init(_ caption: String, _ headings: [String], cells: [[Cell]]) {
    self.caption = caption
    self.headings = headings
    rows = cells
  }

  public init(_ caption: String, _ headings: [String], _ rows: [[String]]) {
    self.init(caption, headings, cells: rows.map { $0.map { .text($0) } })
  }

  /// The first cell of a row is its heading. A wide table is scrolled by keyboard, too.
  var html: String {
    let name = ReportPage.escaped(caption)
    let head = headings.enumerated().map { index, heading in
      // A heading without words says nothing to those who hear it.
      "<th scope=\"col\">\(ReportPage.escaped(heading.isEmpty && index == 0 ? "figure" : heading))</th>"
    }
    let body = rows.map { cells in "<tr>\(cells.enumerated().map { html($1, isFirst: $0 == 0) }.joined())</tr>" }
    return """
      <div class="wide" role="region" aria-label="\(name)" tabindex="0"><table><caption>\(name)</caption>
      <thead><tr>\(head.joined())</tr></thead>
      <tbody>
      \(body.joined(separator: "\n"))
      </tbody></table></div>
      """
  }

  private func html(_ cell: Cell, isFirst: Bool) -> String {
    switch cell {
    case .text(let text):
      let text = ReportPage.escaped(text)
      return isFirst ? "<th scope=\"row\">\(text)</th>" : "<td>\(text)</td>"
    case .sound(nil, _): return "<td>not here</td>"
    case .sound(let link?, let name):
      let name = ReportPage.escaped(name)
      let player =
        link.isPlayable
        ? "<audio controls preload=\"none\" src=\"\(link.address)\" aria-label=\"\(name)\"></audio> " : ""
      return "<td class=\"sound\">\(player)<a href=\"\(link.address)\">file"
        + "<span class=\"hidden\"> \(name)</span></a></td>"
    }
  }
}
