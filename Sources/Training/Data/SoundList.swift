import FileDriver
import FoundationEssentials
import Glibc
import TextEscapes

/// Resolves names of audio files: files, folders of them, and lists.
public enum SoundList {
  /// Extensions of lists: a path in each line, or a table with a column `file`.
  private static let lists: Set<String> = ["txt", "lst", "list", "m3u", "m3u8", "csv", "tsv"]
  private static let greatest = 256 << 20

  /// All files that the names stand for, in order; for a folder all sound files in it and its subfolders, by name.
  ///
  /// - Throws: `TrainingError` for a folder without sound, and for every line of a list without a file.
  public static func files(_ names: [String]) throws -> [String] {
    var (files, problems): ([String], [String]) = ([], [])
    for name in names {
      do {
        if RecordingSet.isFolder(name) {
          files += try RecordingSet.soundFiles(name)
        } else if isList(name) {
          files += try read(name)
        } else {
          files.append(name)
        }
      } catch let error as TrainingError {
        problems += error.problems
      }
    }
    guard problems.isEmpty else { throw TrainingError(problems) }
    return files
  }

  private static func isList(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: "."), lists.contains(name[name.index(after: dot)...].lowercased()) else {
      return false
    }
    // The content decides whether it is a sound file, not the name.
    return (try? AudioFile(path: name)) == nil && access(PathText.bytes(name), R_OK) == 0
  }

  /// Paths are relative to the list's folder; if they don't exist there, to the working folder.
  private static func read(_ path: String) throws -> [String] {
    guard let data = fileContent(path, most: greatest), data.count <= greatest else {
      throw TrainingError("\(path): cannot be read, or is too large for a list of files")
    }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    var (files, problems): ([String], [String]) = ([], [])
    for (name, line) in try names(data, of: path) {
      let candidates = name.hasPrefix("/") ? [name] : [folder + name, name]
      if let file = candidates.first(where: { ExistingFile($0) != nil }) {
        files.append(file)
      } else {
        problems.append("\(path):\(line): there is no file \(candidates[0])")
      }
    }
    guard problems.isEmpty else {
      let rest = problems.count > 20 ? ["\(path): \(problems.count - 20) more lines name no file"] : []
      throw TrainingError(problems.prefix(20) + rest)
    }
    guard !files.isEmpty else {
      throw TrainingError(
        "\(path): names no files; it is a list with a path in each line, or a table with a column 'file'")
    }
    return files
  }

  private static func names(_ data: Data, of path: String) throws -> [(name: String, line: Int)] {
    let table = TableFile(data, columns: Set(ManifestColumns.names))
    if let problem = table.problem, problem.line == 1 || table.rows.first?.fields.count ?? 1 > 1 {
      throw TrainingError("\(path):\(problem.line): \(problem.text)")
    }
    if let head = table.rows.first, let column = head.fields.firstIndex(where: { TableFile.columnName($0) == "file" }) {
      var seen: Set<String> = []
      // A manifest has a row for each event.
      return table.rows.dropFirst().compactMap { row in
        guard column < row.fields.count else { return nil }
        let name = row.fields[column].trimmed
        return name.isEmpty || !seen.insert(name).inserted ? nil : (name, row.line)
      }
    }
    return TableFile.lines(data).enumerated().compactMap { index, line in
      let name = line.trimmed
      return name.isEmpty || name.hasPrefix("#") ? nil : (name, index + 1)
    }
  }
}
