import Foundation
import Glibc
import TestSupport
import Testing

/// The service manager's end of sd_notify.
final class NotifySocket {
  let path: String
  private let descriptor: Int32
  /// All lines so far.
  private(set) var lines: [String] = []

  init(_ path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0)
  }

  deinit { close(descriptor) }

  /// Takes what has come.
  func receive() {
    var bytes = [UInt8](repeating: 0, count: 4096)
    while case let count = recv(descriptor, &bytes, bytes.count, 0), count > 0 {
      lines += String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
    }
  }

  func count(_ line: String) -> Int {
    receive()
    return lines.count { $0 == line }
  }

  /// Waits for one more of a line.
  func waitForAnother(_ line: String) throws {
    let before = count(line)
    try waitUntil { count(line) > before }
  }
}
