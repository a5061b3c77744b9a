import GraphText

/// Columns of text, as wide as their widest cell, two spaces apart. Each cell is printed on one line.
struct Table {
  enum Alignment { case left, right }

  private let alignments: [Alignment]
  private var rows: [[String]]

  /// - Parameter columns: heading and alignment of each.
  init(_ columns: [(heading: String, alignment: Alignment)]) {
    alignments = columns.map(\.alignment)
    rows = [columns.map(\.heading)]
  }

  mutating func add(_ cells: [String]) { rows.append(cells.map(\.shown)) }

  /// Without a newline at the end, and without spaces at the ends of lines.
  var text: String {
    let widths = alignments.indices.map { column in rows.map { TerminalText.columns($0[column]) }.max() ?? 0 }
    return rows.map { row in
      let line = row.indices.map { pad(row[$0], widths[$0], alignments[$0]) }.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }

  private func pad(_ text: String, _ width: Int, _ alignment: Alignment) -> String {
    let space = String(repeating: " ", count: width - TerminalText.columns(text))
    return alignment == .left ? text + space : space + text
  }
}
