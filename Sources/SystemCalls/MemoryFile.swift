import CSystemCalls
import Glibc

/// A file without a name that lies in memory: programs that are started can be given it.
public final class MemoryFile {
  public let descriptor: Int32

  /// Nil: the system has no room for it.
  public init?(_ bytes: [UInt8] = []) {
    descriptor = make_memory_file("auscult")
    guard descriptor >= 0 else { return nil }
    // A class that is whole closes it in `deinit`, also when it turns out to be none.
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
