import Glibc
import TestSupport
import Testing

/// A file system of a few megabytes.
final class SmallDisk {
  let path: String
  private var filler: String { path + "/filler" }

  /// Whether this user may mount one.
  static let isPermitted: Bool = {
    let folder = ScratchFolder()
    guard let disk = try? SmallDisk(folder.file("disk"), megabytes: 1) else { return false }
    disk.unmount()
    return true
  }()

  struct CannotMount: Error {
    var reason: String
  }

  init(_ path: String, megabytes: Int) throws {
    self.path = path
    mkdir(path, 0o755)
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
      throw CannotMount(reason: String(cString: strerror(errno)))
    }
  }

  /// Fills it to the last byte.
  func fill() throws {
    let file = open(filler, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    try #require(file >= 0)
    defer { close(file) }
    for size in [1 << 16, 1 << 12, 1] {
      let bytes = [UInt8](repeating: 0, count: size)
      while write(file, bytes, size) > 0 {}
    }
  }

  func free() { unlink(filler) }

  func unmount() { umount2(path, Int32(MNT_DETACH)) }
}
