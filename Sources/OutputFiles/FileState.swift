import Glibc
import TextEscapes

/// A file's present state: device, inode, size, and times of last modification and change. Whoever changes a file
/// changes its time of last change.
public struct FileState: Hashable, Sendable {
  /// What two states of a file differ in.
  public let numbers: [Int64]

  /// Nil if there is no such file.
  public init?(_ path: String) {
    var status = stat()
    guard stat(PathText.bytes(path), &status) == 0 else { return nil }
    numbers = [
      Int64(truncatingIfNeeded: status.st_dev), Int64(truncatingIfNeeded: status.st_ino), Int64(status.st_size),
      Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec), Int64(status.st_ctim.tv_sec),
      Int64(status.st_ctim.tv_nsec),
    ]
  }

  /// Seconds since the file's last change.
  public var age: Double {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Double(Int64(now.tv_sec) - numbers[5]) + Double(Int64(now.tv_nsec) - numbers[6]) / 1e9
  }

  /// A state that was written down: as many numbers as `numbers` has.
  public init(numbers: [Int64]) { self.numbers = numbers }
}
