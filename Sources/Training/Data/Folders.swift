import Foundation

extension RecordingSet {
  /// Names of files that are taken for sound.
  private static let extensions: Set<String> = [
    "wav", "wave", "flac", "ogg", "oga", "opus", "aif", "aiff", "aifc", "w64", "rf64", "mp3", "au", "snd", "caf",
  ]

  /// All sound files of a folder and the folders in it, with one label.
  ///
  /// - Throws: `TrainingError` where there is no such folder, or no sound in it.
  public static func folder(_ path: String, label: String) throws -> RecordingSet {
    let files = try soundFiles(path)
    var set = RecordingSet(recordings: files.map { Recording(path: $0, label: label) }, source: path)
    set.warnings = ContraryLabels(root: path, label: label).warnings(set.recordings)
    return set
  }

  /// A folder with a subfolder for each label; below it, `train`, `validation` and `test` say what a file is for.
  public static func dataset(_ path: String) throws -> RecordingSet {
    let names = try entries(path).filter { isFolder("\(path)/\($0)") }
    let parts = Set(Part.allCases.map(\.rawValue))
    if names.contains(where: { parts.contains($0) }) {
      let unknown = names.filter { !parts.contains($0) }
      guard unknown.isEmpty else {
        throw TrainingError(
          "\(path): has the parts \(names.filter { parts.contains($0) }.joined(separator: ", ")) beside other folders "
            + "(\(unknown.joined(separator: ", "))); a dataset has either parts or labels at its top")
      }
      let recordings = try names.flatMap { name in
        try labelled("\(path)/\(name)", part: Part(rawValue: name)!)
      }
      var set = RecordingSet(recordings: recordings, hasParts: true, source: path)
      set.unifyLabels()
      return set
    }
    var set = RecordingSet(recordings: try labelled(path, part: nil), source: path)
    set.isDataset = true
    set.unifyLabels()
    return set
  }

  private static func labelled(_ path: String, part: Part?) throws -> [Recording] {
    let names = try entries(path).filter { isFolder("\(path)/\($0)") }
    guard !names.isEmpty else {
      throw TrainingError("\(path): has no subfolders; a dataset has one for each label, such as normal and anomalous")
    }
    return try names.flatMap { name in
      try soundFiles("\(path)/\(name)").map { Recording(path: $0, label: Label.canonical(name), part: part) }
    }
  }

  private static func entries(_ path: String) throws -> [String] {
    guard isFolder(path) else {
      let isFile = FileManager.default.fileExists(atPath: path)
      throw TrainingError("\(path): " + (isFile ? "is not a folder" : "there is no such folder; check the path"))
    }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") }.sorted()
    } catch {
      throw TrainingError("\(path): cannot be read; check its permissions")
    }
  }

  private static func soundFiles(_ path: String) throws -> [String] {
    var files: [String] = []
    for name in try entries(path) {
      let entry = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
      if isFolder(entry) {
        files += (try? soundFiles(entry)) ?? []
      } else if let dot = name.lastIndex(of: "."), extensions.contains(name[name.index(after: dot)...].lowercased()) {
        files.append(entry)
      }
    }
    guard !files.isEmpty else {
      throw TrainingError("\(path): holds no sound files; put recordings into it (.wav, .flac, .ogg ...)")
    }
    return files
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
