import Glibc

/// The socket of the service manager, by the protocol of sd_notify(3): datagrams of lines to the Unix socket that
/// `$NOTIFY_SOCKET` names.
///
/// Thread: any.
final class ServiceSocket: Sendable {
  private let descriptor: Int32
  private let name: [UInt8]

  /// - Parameter name: a path, or `@` and a name without a place in the file system.
  /// - Returns: nil if there is no such name, or it is too long.
  init?(_ name: String?) {
    guard let name, name.hasPrefix("/") || name.hasPrefix("@") else { return nil }
    var bytes = Array(name.utf8)
    if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
    guard bytes.count > 1, bytes.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
    let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_UNIX, kind, 0)
    guard descriptor >= 0 else { return nil }
    self.descriptor = descriptor
    self.name = bytes
  }

  deinit { close(descriptor) }

  /// Sends one datagram. A service manager that does not take it is left alone.
  func send(_ lines: [String]) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    let text = Array(lines.joined(separator: "\n").utf8)
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), $0, length)
      }
    }
  }
}
