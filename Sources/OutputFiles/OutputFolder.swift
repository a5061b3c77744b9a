import Glibc
import TextEscapes

/// The folder of an output.
public struct OutputFolder: Sendable {
  public let path: String
  /// Mount point of its disk, if that is not the system's. Without the disk, nothing is written below it.
  private let mount: String?

  public init(of file: String) {
    path = LinkedPath.split(file).folder
    mount = OutputFolder.mountPoint(path)
  }

  /// Makes the folder if only the last part of its path is missing.
  ///
  /// - Returns: whether the folder was made.
  @discardableResult
  public func make() throws(FileProblem) -> Bool {
    if let mount, !OutputFolder.isMountPoint(mount) {
      throw FileProblem("the disk of \(path) is gone from \(mount): plug it in, or mount it again", code: ENODEV)
    }
    var status = stat()
    if stat(PathText.bytes(path), &status) == 0 { return false }
    guard errno == ENOENT else { throw FileProblem("open", path, errno) }
    if mkdir(PathText.bytes(path), 0o777) == 0 { return true }
    if errno == EEXIST { return false }
    if errno == ENOENT {
      let above = LinkedPath.split(path).folder
      throw FileProblem(
        "the folder \(path) cannot be made: \(above) does not exist either; make it first", code: ENOENT)
    }
    throw FileProblem("make the folder", path, errno)
  }

  /// Makes a folder and the missing folders above it.
  public static func makeAll(_ path: String) throws(FileProblem) {
    var missing: [String] = []
    var folder = path
    var status = stat()
    while stat(PathText.bytes(folder), &status) != 0 {
      guard errno == ENOENT, missing.count < 256, folder != ".", folder != "/" else {
        throw FileProblem("make the folder", path, errno)
      }
      missing.append(folder)
      folder = LinkedPath.split(folder).folder
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw FileProblem("make the folder", path, ENOTDIR) }
    for folder in missing.reversed() {
      if mkdir(PathText.bytes(folder), 0o777) == 0 { continue }
      // Another process may have made it. A broken link does not count.
      let code = errno
      guard code == EEXIST, stat(PathText.bytes(folder), &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        throw FileProblem("make the folder", path, code == EEXIST ? ENOTDIR : code)
      }
    }
  }

  private static func mountPoint(_ folder: String) -> String? {
    var folder = folder
    var status = stat()
    while stat(PathText.bytes(folder), &status) != 0 {
      if folder == "/" || folder == "." { return nil }
      folder = LinkedPath.split(folder).folder
    }
    while folder != "/", folder != "." {
      if isMountPoint(folder) { return folder }
      folder = LinkedPath.split(folder).folder
    }
    return nil
  }

  private static func isMountPoint(_ folder: String) -> Bool {
    var (inner, outer) = (stat(), stat())
    return stat(PathText.bytes(folder), &inner) == 0 && stat(PathText.bytes(folder + "/.."), &outer) == 0
      && inner.st_dev != outer.st_dev
  }
}
