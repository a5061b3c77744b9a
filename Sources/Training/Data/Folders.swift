import Glibc
import SystemCalls
import TextEscapes

extension RecordingSet {
  /// Extensions of sound files.
  private static let extensions: Set<String> = [
    "wav", "wave", "flac", "ogg", "oga", "opus", "aif", "aiff", "aifc", "w64", "rf64", "mp3", "au", "snd", "caf",
  ]

  /// All sound files of a folder and its subfolders, with one label. A folder or file with several links to it counts
  /// once.
  ///
  /// - Throws: `TrainingError` where there is no such folder, no sound in it, or an unreadable folder in it.
  public static func folder(_ path: String, label: String) throws -> RecordingSet { try folders([(path, label)]) }

  /// The same for several folders, each with its label.
  public static func folders(_ folders: [(path: String, label: String)]) throws -> RecordingSet {
    var walk = FolderWalk()
    for folder in folders where !walk.enter(folder.path) {
      throw TrainingError("\(folder.path): is given twice; name a folder for each label")
    }
    var set = RecordingSet(recordings: [], source: folders.map(\.path).joined(separator: " and "))
    for folder in folders {
      let files = try soundFiles(folder.path, folder.label, &walk)
      let recordings = files.map { Recording(path: $0, label: folder.label) }
      set.recordings += recordings
      set.warnings += ContraryLabels(root: folder.path, label: folder.label).warnings(recordings)
    }
    return set
  }

  /// Sound files, and the sound files of folders, with one label.
  ///
  /// - Throws: `TrainingError` for what is neither file nor folder.
  public static func files(_ paths: [String], label: String) throws -> RecordingSet {
    let folders = paths.filter(isFolder)
    var set =
      try folders.isEmpty
      ? RecordingSet(recordings: [], source: paths.joined(separator: " and ")) : .folders(folders.map { ($0, label) })
    for path in paths where !folders.contains(path) {
      guard ExistingFile(path) != nil else {
        throw TrainingError("\(path): there is no such file or folder; check the path")
      }
      set.recordings.append(Recording(path: path, label: label))
    }
    return set
  }

  /// A folder with a subfolder for each label; below it, `train`, `validation` and `test` give the part of a file.
  public static func dataset(_ path: String) throws -> RecordingSet {
    let names = try entries(path).filter { isFolder("\(path)/\($0)") }
    let parts = Set(Part.allCases.map(\.rawValue))
    if names.contains(where: { parts.contains($0) }) {
      let unknown = names.filter { !parts.contains($0) }
      guard unknown.isEmpty else {
        throw TrainingError(
          "\(path): has the parts \(names.filter { parts.contains($0) }.joined(separator: ", ")) next to other folders "
            + "(\(unknown.joined(separator: ", "))); a dataset has either parts or labels at its top")
      }
      let recordings = try names.flatMap { name in
        try labelled("\(path)/\(name)", part: Part(rawValue: name)!, above: [path])
      }
      var set = RecordingSet(recordings: recordings, hasParts: true, source: path)
      set.unifyLabels()
      return set
    }
    var set = RecordingSet(recordings: try labelled(path, part: nil, above: []), source: path)
    set.isDataset = true
    set.unifyLabels()
    return set
  }

  /// - Parameter above: folders that the walk must not enter again, whatever links lead to them.
  private static func labelled(_ path: String, part: Part?, above: [String]) throws -> [Recording] {
    let names = try entries(path).filter { isFolder("\(path)/\($0)") }
    guard !names.isEmpty else {
      throw TrainingError("\(path): has no subfolders; a dataset has one for each label, such as normal and anomalous")
    }
    var walk = FolderWalk()
    for folder in above + [path] { _ = walk.enter(folder) }
    for name in names where !walk.enter("\(path)/\(name)") {
      throw TrainingError(
        "\(path)/\(name): is the same folder as another label's, or as one above it; remove the link")
    }
    return try names.flatMap { name in
      let label = Label.canonical(name)
      return try soundFiles("\(path)/\(name)", label, &walk).map { Recording(path: $0, label: label, part: part) }
    }
  }

  /// Paths of all sound files of a folder and its subfolders, each once.
  public static func soundFiles(_ path: String) throws -> [String] {
    var walk = FolderWalk()
    _ = walk.enter(path)
    return try soundFiles(path, "", &walk)
  }

  static func entries(_ path: String) throws -> [String] {
    guard isFolder(path) else {
      let isFile = ExistingFile(path) != nil
      throw TrainingError("\(path): " + (isFile ? "is not a folder" : "there is no such folder; check the path"))
    }
    guard let names = folderNames(path) else {
      throw TrainingError("\(path): this folder cannot be read; check its permissions")
    }
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }

  /// The sound files of a folder that the walk has entered.
  private static func soundFiles(_ path: String, _ label: String, _ walk: inout FolderWalk) throws -> [String] {
    let files = try found(path, label, &walk)
    guard !files.isEmpty else {
      throw TrainingError("\(path): holds no sound files; put recordings into it (.wav, .flac, .ogg ...)")
    }
    return files
  }

  private static func found(_ path: String, _ label: String, _ walk: inout FolderWalk) throws -> [String] {
    var files: [String] = []
    for name in try entries(path) {
      let entry = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
      if isFolder(entry) {
        if walk.enter(entry) { files += try found(entry, label, &walk) }
      } else if let dot = name.lastIndex(of: "."), extensions.contains(name[name.index(after: dot)...].lowercased()) {
        if try walk.meet(entry, label: label) { files.append(entry) }
      }
    }
    return files
  }

  /// Whether there is a folder of this name.
  public static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(PathText.bytes(path), &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
