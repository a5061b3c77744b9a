import Glibc
import SystemCalls

/// A non-blocking stream socket in the file system; closed when released.
final class UnixSocket: @unchecked Sendable {
  let descriptor: Int32

  init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  private static func make() throws(ControlProblem) -> UnixSocket {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_UNIX, kind, 0)
    guard descriptor >= 0 else { throw ControlProblem("cannot make a socket: \(systemReason())") }
    return UnixSocket(descriptor: descriptor)
  }

  /// A socket that listens at a path, for this user only. Removes an existing file at the path.
  static func listening(at path: String) throws(ControlProblem) -> UnixSocket {
    let socket = try make()
    unlink(path)
    guard withAddress(of: path, { bind(socket.descriptor, $0, $1) }) == 0, chmod(path, 0o600) == 0,
      listen(socket.descriptor, 128) == 0
    else { throw ControlProblem("cannot listen at \(path): \(systemReason())") }
    return socket
  }

  /// A socket that is connected to a path; nil if no process listens there.
  static func connected(to path: String) throws(ControlProblem) -> UnixSocket? {
    let socket = try make()
    var problem: Int32 = 0
    // Where many clients are connecting, this one is not in the queue yet.
    _ = Polling.wait(seconds: 1, every: .milliseconds(10)) {
      problem = withAddress(of: path, { connect(socket.descriptor, $0, $1) }) == 0 ? 0 : errno
      return problem != EAGAIN
    }
    switch problem {
    case 0: return socket
    case ENOENT, ECONNREFUSED: return nil
    case EAGAIN: throw ControlProblem.late("too many clients wait at \(path); try again")
    default: throw ControlProblem("cannot connect to \(path): \(systemReason(problem))")
    }
  }

  /// The next waiting client; nil if there is none.
  func accepted() -> UnixSocket? {
    let client = accept(descriptor, nil, nil)
    guard client >= 0 else { return nil }
    neverWait(client)
    return UnixSocket(descriptor: client)
  }

  enum Transfer: Equatable {
    case bytes(Int)
    /// No data now: poll first.
    case wouldBlock
    /// The other side has closed the connection.
    case closed
  }

  /// Appends the received bytes, up to `most`.
  func read(into buffer: inout [UInt8], most: Int = 65_536) -> Transfer {
    var chunk = [UInt8](repeating: 0, count: most)
    let count = recv(descriptor, &chunk, most, 0)
    if count > 0 { buffer.append(contentsOf: chunk[..<count]) }
    return outcome(count)
  }

  func write(_ bytes: ArraySlice<UInt8>) -> Transfer {
    outcome(bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) })
  }

  private func outcome(_ count: Int) -> Transfer {
    if count > 0 { return .bytes(count) }
    if count < 0, errno == EAGAIN || errno == EINTR { return .wouldBlock }
    return .closed
  }

  private static func withAddress(
    of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { field in
      guard path.utf8.count < field.count else { return false }
      field.copyBytes(from: path.utf8)
      return true
    }
    guard fits else {
      errno = ENAMETOOLONG
      return -1
    }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }
}

/// Makes a descriptor non-blocking, and closes it in programs that this one starts.
func neverWait(_ descriptor: Int32) {
  _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
}
