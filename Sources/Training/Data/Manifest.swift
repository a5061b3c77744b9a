import Foundation

extension RecordingSet {
  private static let greatestManifest = 256 << 20

  /// Reads a manifest: CSV with the columns `file` and `label`, and perhaps `machine`, `split`, `begin`, `end` (seconds).
  /// Other columns are left out. Paths count from its folder. Rows of one file with `begin` and `end` are its events.
  ///
  /// - Throws: `TrainingError` with every row that is wrong.
  public static func manifest(_ path: String) throws -> RecordingSet {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw TrainingError("\(path): cannot be read; check the path")
    }
    guard data.count <= greatestManifest else { throw TrainingError("\(path): is too large for a manifest") }
    let rows = CSVText.rows(data.starts(with: [0xef, 0xbb, 0xbf]) ? data.dropFirst(3) : data)
    guard let header = rows.first else { throw TrainingError("\(path): is empty; its first line names the columns") }
    var reader = ManifestReader(path: path, columns: header.fields)
    guard reader.problems.isEmpty else { throw TrainingError(reader.problems) }
    for row in rows.dropFirst() { reader.read(row) }
    if reader.problems.isEmpty && reader.recordings.isEmpty {
      reader.problems.append("\(path): names no files; it needs a line for each recording")
    }
    guard reader.problems.isEmpty else { throw TrainingError(reader.shownProblems) }
    return RecordingSet(recordings: reader.recordings, hasParts: reader.hasParts, source: path)
  }
}

private struct ManifestReader {
  let path: String
  let hasParts: Bool
  private let folder: String
  private let places: [String: Int]
  private let width: Int
  private(set) var recordings: [Recording] = []
  var problems: [String] = []
  /// Recordings by file, machine and part: events of one file go together.
  private var known: [[String?]: Int] = [:]

  init(path: String, columns: [String]) {
    self.path = path
    let slash = path.lastIndex(of: "/")
    folder = slash.map { String(path[...$0]) } ?? ""
    let names = columns.map { $0.trimmingCharacters(in: .whitespaces) }
    places = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    width = columns.count
    hasParts = places["split"] != nil
    for column in ["file", "label"] where places[column] == nil {
      problems.append(
        "\(path):1: has no column '\(column)'; a manifest has file,label and may have machine,split,begin,end")
    }
    if (places["begin"] == nil) != (places["end"] == nil) {
      problems.append("\(path):1: begin and end go together")
    }
  }

  var shownProblems: [String] {
    problems.count > 20 ? problems.prefix(20) + ["\(path): \(problems.count - 20) more lines are wrong"] : problems
  }

  mutating func read(_ row: CSVText.Row) {
    let place = "\(path):\(row.line)"
    guard row.fields.count == width else {
      problems.append("\(place): has \(row.fields.count) fields, the first line names \(width) columns")
      return
    }
    func field(_ name: String) -> String? {
      guard let index = places[name] else { return nil }
      let text = row.fields[index].trimmingCharacters(in: .whitespaces)
      return text.isEmpty ? nil : text
    }
    guard let file = field("file"), let label = field("label") else {
      problems.append("\(place): has no \(field("file") == nil ? "file" : "label")")
      return
    }
    let full = file.hasPrefix("/") ? file : folder + file
    guard FileManager.default.fileExists(atPath: full) else {
      problems.append("\(place): there is no file \(full)")
      return
    }
    guard let part = part(field("split"), place), let stretch = stretch(field("begin"), field("end"), place) else {
      return
    }
    add(full, Label.canonical(label), field("machine"), part.value, stretch.value, place)
  }

  private struct Box<T> { var value: T }

  private mutating func part(_ text: String?, _ place: String) -> Box<Part?>? {
    guard let text else {
      guard hasParts else { return Box(value: nil) }
      problems.append("\(place): has no split; give train, validation or test")
      return nil
    }
    let word = text == "val" || text == "valid" ? "validation" : text
    guard let part = Part(rawValue: word) else {
      problems.append("\(place): split '\(text)' is none of train, validation, test")
      return nil
    }
    return Box(value: part)
  }

  private mutating func stretch(_ begin: String?, _ end: String?, _ place: String) -> Box<ClosedRange<Double>?>? {
    guard begin != nil || end != nil else { return Box(value: nil) }
    guard let begin = begin.flatMap(Double.init), let end = end.flatMap(Double.init), begin >= 0, end > begin,
      end.isFinite
    else {
      problems.append("\(place): begin and end are two numbers of seconds, the first below the second")
      return nil
    }
    return Box(value: begin...end)
  }

  private mutating func add(
    _ file: String, _ label: String, _ machine: String?, _ part: Part?, _ stretch: ClosedRange<Double>?, _ place: String
  ) {
    let key = [file, machine, part?.rawValue]
    let event = stretch.map { Recording.Event(label: label, begin: $0.lowerBound, end: $0.upperBound) }
    if let index = known[key] {
      if let event {
        recordings[index].events.append(event)
      } else if recordings[index].events.isEmpty || recordings[index].label != Label.normal {
        problems.append("\(place): \(file) is named twice")
      } else {
        recordings[index].label = label
      }
      return
    }
    known[key] = recordings.count
    recordings.append(
      Recording(
        path: file, label: event == nil ? label : Label.normal, machine: machine, part: part,
        events: event.map { [$0] } ?? [], place: place))
  }
}
