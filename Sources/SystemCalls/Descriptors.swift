import CSystemCalls
import Glibc

/// Writes all bytes to a descriptor, with as many calls as needed.
///
/// - Parameter written: number of bytes written, also after an error.
/// - Returns: 0, or the error number; ENOSPC if the system writes nothing and gives no reason.
public func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, written: inout Int) -> Int32 {
  writeAll(bytes, written: &written) { write(descriptor, $0, $1) }
}

public func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
  var written = 0
  return bytes.withUnsafeBytes { writeAll($0, to: descriptor, written: &written) }
}

/// Writes all bytes at an offset of a file.
public func writeAll(_ bytes: [UInt8], to descriptor: Int32, at offset: Int) -> Int32 {
  var written = 0
  return bytes.withUnsafeBytes { bytes in
    let start = bytes.baseAddress
    return writeAll(bytes, written: &written) { from, count in
      pwrite(descriptor, from, count, off_t(offset + (start.map { from - $0 } ?? 0)))
    }
  }
}

private func writeAll(
  _ bytes: UnsafeRawBufferPointer, written: inout Int, _ call: (UnsafeRawPointer, Int) -> Int
) -> Int32 {
  written = 0
  while written < bytes.count {
    let from = bytes.baseAddress! + written
    let left = bytes.count - written
    let count = uninterrupted { call(from, left) }
    guard count > 0 else { return count == 0 ? ENOSPC : errno }
    written += count
  }
  return 0
}

/// Fills a buffer from a descriptor, as far as there is data.
///
/// - Returns: number of bytes read, fewer at the end; nil: `errno` says why.
public func readAll(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
  var done = 0
  while done < buffer.count {
    let count = uninterrupted { read(descriptor, buffer.baseAddress! + done, buffer.count - done) }
    guard count >= 0 else { return nil }
    if count == 0 { break }
    done += count
  }
  return done
}

/// Both ends of a pipe that child programs do not inherit by default; nil: no descriptors are left.
public func makePipe() -> (read: Int32, write: Int32)? {
  var ends: [Int32] = [-1, -1]
  return make_private_pipe(&ends) == 0 ? (ends[0], ends[1]) : nil
}
