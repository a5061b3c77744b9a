import Glibc
import TextEscapes

/// Which file or folder it is, whatever name or link leads to it.
struct FileIdentity: Hashable {
  private let device: UInt64
  private let number: UInt64

  /// Nil: there is none.
  init?(_ path: String) {
    var status = stat()
    guard stat(PathText.bytes(path), &status) == 0 else { return nil }
    device = UInt64(status.st_dev)
    number = UInt64(status.st_ino)
  }
}

/// What a walk through folders has met, so that nothing is met twice.
struct FolderWalk {
  private var folders: Set<FileIdentity> = []
  private var files: [FileIdentity: (path: String, label: String)] = [:]

  /// False: the walk was there before, by another way.
  mutating func enter(_ path: String) -> Bool {
    guard let identity = FileIdentity(path) else { return true }
    return folders.insert(identity).inserted
  }

  /// False: the file was met before, under the same label.
  ///
  /// - Throws: `TrainingError` where it was met under another one.
  mutating func meet(_ path: String, label: String) throws -> Bool {
    guard let identity = FileIdentity(path) else { return true }
    guard let other = files[identity] else {
      files[identity] = (path, label)
      return true
    }
    guard other.label == label else {
      throw TrainingError(
        "\(path): is the same file as \(other.path), but '\(label)', not '\(other.label)'; take one of the two away")
    }
    return false
  }
}
