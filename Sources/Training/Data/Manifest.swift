import Glibc

extension RecordingSet {
  private static let greatestManifest = 256 << 20

  /// Reads a manifest: a table with the columns `file` and `label`, and optionally `machine`, `split`, `begin`, `end`
  /// (seconds) and `group` (of recordings that belong together: a day, a session), in any order and case; see
  /// `TableFile` for separators. Ignores other columns. Paths are relative to its folder. Rows of one file with `begin`
  /// and `end` are its events.
  ///
  /// - Parameter leavesOutMissing: leave out rows whose file does not exist, instead of failing.
  /// - Throws: `TrainingError` that lists every wrong row.
  public static func manifest(_ path: String, leavesOutMissing: Bool = false) throws -> RecordingSet {
    guard let data = fileContent(path, most: greatestManifest) else {
      throw TrainingError("\(path): cannot be read; check the path")
    }
    guard data.count <= greatestManifest else { throw TrainingError("\(path): is too large for a manifest") }
    let table = TableFile(data, columns: Set(ManifestColumns.names))
    if let problem = table.problem { throw TrainingError("\(path):\(problem.line): \(problem.text)") }
    guard let header = table.rows.first else {
      throw TrainingError("\(path): is empty; its first line names the columns")
    }
    let columns = ManifestColumns(header, separator: table.separator)
    let problems = columns.problems("\(path):\(header.line)")
    guard problems.isEmpty else { throw TrainingError(problems) }
    var reader = ManifestReader(path: path, columns: columns)
    reader.leavesOutMissing = leavesOutMissing
    for row in table.rows.dropFirst() { reader.read(row) }
    if reader.problems.isEmpty && reader.recordings.isEmpty && reader.missing.isEmpty {
      reader.problems.append("\(path): names no files; it needs a line for each recording")
    }
    let encoding =
      table.isUTF8 ? nil : "\(path): is not UTF-8 text; save it as UTF-8 (\"CSV UTF-8\") if names look wrong"
    guard reader.problems.isEmpty else { throw TrainingError(reader.shownProblems + (encoding.map { [$0] } ?? [])) }
    var set = RecordingSet(recordings: reader.recordings, hasParts: columns.has("split"), source: path)
    set.unifyLabels()
    set.leftOut = reader.missing
    set.warnings += reader.warnings + (encoding.map { [$0] } ?? [])
    return set
  }
}
