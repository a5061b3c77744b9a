/// The files and folders that a walk has visited, so that it visits none twice.
struct FolderWalk {
  private var folders: Set<ExistingFile> = []
  private var files: [ExistingFile: (path: String, label: String)] = [:]

  /// False: the walk has already visited it on another path.
  mutating func enter(_ path: String) -> Bool {
    guard let identity = ExistingFile(path) else { return true }
    return folders.insert(identity).inserted
  }

  /// False: the walk has already found the file, with the same label.
  ///
  /// - Throws: `TrainingError` where it was found with another label.
  mutating func meet(_ path: String, label: String) throws -> Bool {
    guard let identity = ExistingFile(path) else { return true }
    guard let other = files[identity] else {
      files[identity] = (path, label)
      return true
    }
    guard other.label == label else {
      throw TrainingError(
        "\(path): is the same file as \(other.path), but '\(label)', not '\(other.label)'; remove one of the two")
    }
    return false
  }
}
