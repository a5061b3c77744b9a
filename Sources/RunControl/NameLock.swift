import Glibc
import SystemCalls

/// Reserves a graph's name for this process: a locked file next to the socket. The system releases the lock when the
/// process ends, however it ends; so the process that holds the lock may remove an old socket.
final class NameLock: @unchecked Sendable {
  private let path: String
  private let descriptor: Int32

  init(socket: String, name: String) throws(ControlProblem) {
    path = NameLock.path(socket)
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
      guard descriptor >= 0 else { throw ControlProblem("cannot open \(path): \(systemReason())") }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let holder = NameLock.read(descriptor)
        close(descriptor)
        var problem = ControlProblem(
          "a graph named '\(name)' runs already\(holder.map { " (pid \($0))" } ?? ""); give this one another --name")
        problem.isNameTaken = true
        throw problem
      }
      // The previous holder may have removed the file between the two calls: then this lock is void.
      if NameLock.isSame(descriptor, path) {
        self.descriptor = descriptor
        break
      }
      close(descriptor)
    }
    let text = Array("\(getpid())\n\(name)\n".utf8)
    ftruncate(descriptor, 0)
    _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress!, text.count, 0) }
  }

  deinit {
    unlink(path)
    close(descriptor)
  }

  static func path(_ socket: String) -> String { String(socket.dropLast(".sock".count)) + ".lock" }

  /// The process that last reserved a socket's name, and the name. Only the socket shows whether it still runs.
  static func holder(of socket: String) -> (pid: pid_t, name: String?)? {
    let descriptor = open(path(socket), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let lines = lines(descriptor)
    guard let pid = lines.first.flatMap({ pid_t($0) }) else { return nil }
    return (pid, lines.count > 1 && !lines[1].isEmpty ? lines[1] : nil)
  }

  private static func read(_ descriptor: Int32) -> pid_t? { lines(descriptor).first.flatMap { pid_t($0) } }

  private static func lines(_ descriptor: Int32) -> [String] {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return bytes.prefix(max(0, count)).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
  }

  private static func isSame(_ descriptor: Int32, _ path: String) -> Bool {
    var held = stat()
    var named = stat()
    return fstat(descriptor, &held) == 0 && lstat(path, &named) == 0 && held.st_ino == named.st_ino
      && held.st_dev == named.st_dev
  }
}
