import FileDriver
import FoundationEssentials
import Glibc
import GraphText
import NumberText
import TextEscapes

/// Reads a manifest's rows one after the other, and collects their problems.
struct ManifestReader {
  private let path: String
  private let columns: ManifestColumns
  private let folder: String
  private(set) var recordings: [Recording] = []
  var problems: [String] = []
  /// Oddities that are accepted.
  private(set) var warnings: [String] = []
  var leavesOutMissing = false
  /// Rows that were left out.
  private(set) var missing: [RecordingSet.LeftOut] = []
  /// Recordings by file, machine and part: events of one file belong together.
  private var known: [Key: Int] = [:]

  /// A file counts once under any name.
  private struct Key: Hashable {
    var file: ExistingFile?
    var machine: String?
    var part: Part?
  }
  /// Seconds of files that have events; nil: unknown until it is read.
  private var lengths: [String: Double?] = [:]

  init(path: String, columns: ManifestColumns) {
    self.path = path
    self.columns = columns
    let slash = path.lastIndex(of: "/")
    folder = slash.map { String(path[...$0]) } ?? ""
  }

  var shownProblems: [String] {
    problems.count > 20 ? problems.prefix(20) + ["\(path): \(problems.count - 20) more lines are wrong"] : problems
  }

  mutating func read(_ row: CSVText.Row) {
    let place = "\(path.shown):\(row.line)"
    guard !row.fields.contains(where: { $0.utf8.contains(0) }) else {
      problems.append("\(place): has the character NUL (U+0000), which no name can have")
      return
    }
    guard hasAllFields(row, place) else { return }
    guard let file = columns.field("file", of: row), let label = columns.field("label", of: row) else {
      let missing = columns.field("file", of: row) == nil ? "file" : "label"
      problems.append("\(place): has no \(missing): the row reads \(columns.shown(row))")
      return
    }
    let full = file.hasPrefix("/") ? file : folder + file
    guard ExistingFile(full) != nil else {
      if leavesOutMissing {
        missing.append(RecordingSet.LeftOut(path: full, reason: "\(place) names it, and there is no such file"))
        return
      }
      problems.append("\(place): there is no file \(full.shown)")
      return
    }
    guard let part = part(row, place), var stretch = stretch(row, place) else { return }
    if let written = stretch.value {
      if let problem = problem(with: written, in: full) {
        problems.append("\(place): \(problem)")
        return
      }
      stretch.value = clamped(written, in: full, place)
    }
    let index = add(full, Label.canonical(label), columns.field("machine", of: row), part.value, stretch.value, place)
    if let group = columns.field("group", of: row) { recordings[index].group = group }
  }

  /// Spreadsheets end rows with separators for empty columns.
  private mutating func hasAllFields(_ row: CSVText.Row, _ place: String) -> Bool {
    let surplus = row.fields.dropFirst(columns.count)
    guard row.fields.count < columns.count || surplus.contains(where: { !$0.allSatisfy(\.isWhitespace) }) else {
      return true
    }
    problems.append(
      "\(place): has \(row.fields.count) fields, the first line names \(columns.count) columns: the row reads "
        + columns.shown(row)
        + (surplus.isEmpty ? "" : "; a field that holds a separator goes between double quotes"))
    return false
  }

  private struct Box<T> { var value: T }

  private mutating func part(_ row: CSVText.Row, _ place: String) -> Box<Part?>? {
    guard let text = columns.field("split", of: row) else {
      guard columns.has("split") else { return Box(value: nil) }
      problems.append("\(place): has no split: the row reads \(columns.shown(row)); give train, validation or test")
      return nil
    }
    let word = text.lowercased()
    guard let part = Part(rawValue: word == "val" || word == "valid" ? "validation" : word) else {
      problems.append("\(place): split \(quoted(text)) is none of train, validation, test")
      return nil
    }
    return Box(value: part)
  }

  // MARK: Events

  private mutating func stretch(_ row: CSVText.Row, _ place: String) -> Box<ClosedRange<Double>?>? {
    let (begin, end) = (columns.field("begin", of: row), columns.field("end", of: row))
    guard begin != nil || end != nil else { return Box(value: nil) }
    guard let first = begin.flatMap(seconds), let last = end.flatMap(seconds), first >= 0, last > first, last.isFinite
    else {
      let words = "begin \(begin.map { quoted($0) } ?? "is missing"), end \(end.map { quoted($0) } ?? "is missing")"
      problems.append("\(place): begin and end are two numbers of seconds, the first below the second; here: \(words)")
      return nil
    }
    return Box(value: first...last)
  }

  /// If the separator is not the comma, a comma may be the decimal point.
  private func seconds(_ text: String) -> Double? {
    Double(columns.separator == "," ? text : text.replacing(",", with: "."))
  }

  /// Checks for a stretch outside of the file. Numbers may be rounded: an end that is slightly late is accepted.
  private mutating func problem(with stretch: ClosedRange<Double>, in file: String) -> String? {
    guard let length = length(of: file) else { return nil }
    let (begin, end) = (stretch.lowerBound, stretch.upperBound)
    guard begin >= length || end > length + min(0.5, 0.05 * length) else { return nil }
    let text =
      "the event from \(number(begin)) to \(number(end)) s lies beyond the end of \(file), which is \(number(length)) s "
      + "long; begin and end are seconds from its begin"
    guard end / 1000 <= length, begin / 1000 < length, end >= 100 else { return text }
    return text + " (as milliseconds, \(number(begin)) and \(number(end)) would be \(number(begin / 1000)) and "
      + "\(number(end / 1000)) s)"
  }

  private mutating func length(of file: String) -> Double? {
    if let known = lengths[file] { return known }
    let audio = try? AudioFile(path: file)
    let length = audio.flatMap { $0.announcedFrames > 0 ? Double($0.announcedFrames) / Double($0.rate) : nil }
    lengths.updateValue(length, forKey: file)
    return length
  }

  /// An end that is slightly late becomes the file's end.
  private mutating func clamped(
    _ stretch: ClosedRange<Double>, in file: String, _ place: String
  ) -> ClosedRange<Double> {
    guard let length = length(of: file), stretch.upperBound > length else { return stretch }
    // Times are rounded to the hundredth, or to a frame of a spectrogram.
    if stretch.upperBound > length + 0.05 {
      warnings.append(
        "\(place): the event ends at \(number(stretch.upperBound)) s, and \(file.shown) is \(number(length)) s long: its end is "
          + "moved to the end of the file")
    }
    return stretch.lowerBound...length
  }

  /// To the millisecond.
  private func number(_ value: Double) -> String { NumberText.plain(value, decimals: 3) }

  // MARK: Recordings

  /// The index of the recording that the row describes.
  private mutating func add(
    _ file: String, _ label: String, _ machine: String?, _ part: Part?, _ stretch: ClosedRange<Double>?, _ place: String
  ) -> Int {
    let key = Key(file: ExistingFile(file), machine: machine, part: part)
    let event = stretch.map { Recording.Event(label: label, begin: $0.lowerBound, end: $0.upperBound) }
    if let index = known[key] {
      if let event {
        recordings[index].events.append(event)
      } else if recordings[index].events.isEmpty || recordings[index].label != Label.normal {
        let other = recordings[index].path
        problems.append(
          "\(place): \(file.shown) is named twice" + (other == file ? "" : ": it is the same file as \(other.shown)"))
      } else {
        recordings[index].label = label
      }
      return index
    }
    known[key] = recordings.count
    recordings.append(
      Recording(
        path: file, label: event == nil ? label : Label.normal, machine: machine, part: part,
        events: event.map { [$0] } ?? [], place: place))
    return recordings.count - 1
  }
}
