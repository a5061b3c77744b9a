import CSystemCalls
import Glibc

/// A file in memory without a name. Child programs can inherit it.
public final class MemoryFile {
  public let descriptor: Int32

  /// Nil: the system has not enough memory.
  public init?(_ bytes: [UInt8] = []) {
    descriptor = make_memory_file("auscult")
    guard descriptor >= 0 else { return nil }
    // All members are set, so `deinit` closes the descriptor even if this fails.
    guard writeAll(bytes, to: descriptor) == 0 else { return nil }
    lseek(descriptor, 0, SEEK_SET)
  }

  deinit { close(descriptor) }

  /// The last `most` bytes.
  public func tail(_ most: Int) -> [UInt8] {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size > 0 else { return [] }
    let count = min(most, Int(status.st_size))
    var bytes = [UInt8](repeating: 0, count: count)
    let read = pread(descriptor, &bytes, count, off_t(Int(status.st_size) - count))
    return Array(bytes.prefix(max(0, read)))
  }
}
