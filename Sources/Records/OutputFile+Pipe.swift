import Glibc
import OutputFiles
import SystemCalls

/// Output to a pipe, a terminal or a device.
extension OutputFile {
  /// Writes pieces that a pipe takes as a whole, so that a slow reader delays nothing.
  func writeStream(_ bytes: UnsafeRawBufferPointer, taken: inout Int) throws(FileProblem) {
    taken = 0
    while taken < bytes.count {
      var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      let ready = uninterrupted { poll(&wait, 1, waitsForReader ? 1000 : 0) }
      if ready == 0 && waitsForReader { continue }
      guard ready > 0 else { throw FileProblem("write", words, ready == 0 ? EAGAIN : errno) }
      let piece = UnsafeRawBufferPointer(rebasing: bytes[taken..<min(bytes.count, taken + 4096)])
      let line = piece.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? piece.count
      let count = uninterrupted { Glibc.write(descriptor, piece.baseAddress!, line) }
      if count > 0 {
        taken += count
      } else if errno == EAGAIN && waitsForReader {
        Polling.pause(.milliseconds(1))
      } else {
        throw FileProblem("write", words, count == 0 ? ENOSPC : errno)
      }
    }
  }

  /// Bytes in a pipe that its reader has not read. They are lost with the last writer.
  private var unread: Int {
    guard isOpen, !isRegular else { return 0 }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return 0 }
    var count: Int32 = 0
    return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
  }

  /// Waits until the reader of a pipe has read everything; reports a long wait.
  ///
  /// - Parameter seconds: the longest time to wait; nil: no limit.
  /// - Throws: if bytes are left.
  public func drain(seconds: Double?) throws(FileProblem) {
    guard path != "-" else { return }
    let interval = Duration.milliseconds(10)
    if Polling.wait(seconds: min(1, seconds ?? 1), every: interval, until: { unread == 0 }) { return }
    if (seconds ?? 2) > 1 { tell("waits for somebody to read \(path)") }
    if Polling.wait(seconds: (seconds ?? .infinity) - 1, every: interval, until: { unread == 0 }) { return }
    throw FileProblem("\(path): nobody read the last \(unread) bytes, which are lost", code: EPIPE)
  }

  private var words: String { path == "-" ? "standard output" : path }
}
