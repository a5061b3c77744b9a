import Glibc

/// The folder of an output.
public struct OutputFolder: Sendable {
  public let path: String
  /// Where its disk is mounted, if it is another than the system's: without it, nothing is written below.
  private let mount: String?

  public init(of file: String) {
    path = LinkedPath.split(file).folder
    mount = OutputFolder.mountPoint(path)
  }

  /// Makes the folder, if only the last one is missing.
  ///
  /// - Returns: whether it was made.
  @discardableResult
  public func make() throws(FileProblem) -> Bool {
    if let mount, !OutputFolder.isMountPoint(mount) {
      throw FileProblem("the disk of \(path) is gone from \(mount): plug it in, or mount it again", code: ENODEV)
    }
    var status = stat()
    if stat(path, &status) == 0 { return false }
    guard errno == ENOENT else { throw FileProblem("open", path, errno) }
    if mkdir(path, 0o777) == 0 { return true }
    if errno == EEXIST { return false }
    if errno == ENOENT {
      let above = LinkedPath.split(path).folder
      throw FileProblem(
        "the folder \(path) cannot be made: \(above) does not exist either; make it first", code: ENOENT)
    }
    throw FileProblem("make the folder", path, errno)
  }

  private static func mountPoint(_ folder: String) -> String? {
    var folder = folder
    var status = stat()
    while stat(folder, &status) != 0 {
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
    return stat(folder, &inner) == 0 && stat(folder + "/..", &outer) == 0 && inner.st_dev != outer.st_dev
  }
}
