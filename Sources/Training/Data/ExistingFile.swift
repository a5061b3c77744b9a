import Glibc
import TextEscapes

/// Identity of a file or folder that exists, independent of names and links.
struct ExistingFile: Hashable {
  private let device: UInt64
  private let number: UInt64

  /// Nil: it does not exist.
  init?(_ path: String) {
    var status = stat()
    guard stat(PathText.bytes(path), &status) == 0 else { return nil }
    device = UInt64(status.st_dev)
    number = UInt64(status.st_ino)
  }
}
