import Glibc

/// Wakes the control thread from any thread, and from a signal handler.
///
/// A pipe with both ends non-blocking; a full pipe wakes the thread, too. Writing to it is async-signal-safe.
final class Wakeup: Sendable {
  private let readEnd: Int32
  private let writeEnd: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    precondition(pipe(&ends) == 0, "no file descriptors are left")
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  /// Thread: any, and signal handlers.
  func signal() {
    let saved = errno
    var byte: UInt8 = 1
    _ = write(writeEnd, &byte, 1)
    errno = saved
  }

  /// Waits for a signal, at most `milliseconds`. Several signals wake once.
  ///
  /// Thread: control.
  func wait(milliseconds: Int32) {
    var descriptor = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
    guard poll(&descriptor, 1, milliseconds) > 0 else { return }
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { bytes in
      while read(readEnd, bytes.baseAddress, bytes.count) > 0 {}
    }
  }
}
