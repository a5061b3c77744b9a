import Glibc
import GraphText
import TextEscapes

/// The position of each column in a manifest.
struct ManifestColumns {
  /// All columns that are read; the first two are required.
  static let names = ["file", "label", "machine", "split", "begin", "end", "group"]
  private static let needed = names.prefix(2)

  let separator: Character
  let count: Int
  private let written: [String]
  private let places: [String: [Int]]

  init(_ header: CSVText.Row, separator: Character) {
    self.separator = separator
    written = header.fields.map { $0.trimmed }
    count = written.count
    places = Dictionary(grouping: written.indices) { [written] in TableFile.columnName(written[$0]) }
  }

  func has(_ name: String) -> Bool { places[name] != nil }

  /// A field of a row without spaces around it; nil where it is empty, or there is no such column.
  func field(_ name: String, of row: CSVText.Row) -> String? {
    guard let index = places[name]?.first, index < row.fields.count else { return nil }
    let text = row.fields[index].trimmed
    return text.isEmpty ? nil : text
  }

  /// A row as written in the file, for messages.
  func shown(_ row: CSVText.Row) -> String { quoted(row.fields.joined(separator: String(separator))) }

  /// Problems of the first line.
  func problems(_ place: String) -> [String] {
    var problems = Self.needed.filter { !has($0) }.map { name in
      var text = "\(place): has no column '\(name)': the first line reads \(firstLine)"
      let others = written.filter { !Self.names.contains(TableFile.columnName($0)) }
      if let meant = nearest(name, among: others) { text += " (rename \(quoted(meant)) to '\(name)'?)" }
      return text + "; a manifest has file,label and may have machine,split,begin,end,group"
    }
    for name in Self.names {
      guard let places = places[name], places.count > 1 else { continue }
      let words = places.map { quoted(written[$0]) }.joined(separator: ", ")
      problems.append("\(place): names the column '\(name)' more than once (\(words)); keep one")
    }
    if has("begin") != has("end") {
      let (present, missing) = has("begin") ? ("begin", "end") : ("end", "begin")
      problems.append(
        "\(place): has a column '\(present)', and none called '\(missing)': the first line reads \(firstLine); begin and "
          + "end go together")
    }
    return problems
  }

  private var firstLine: String { quoted(written.joined(separator: String(separator))) }
}
