import Foundation
import Glibc
import RunControl
import TestSupport

extension ScratchFolder {
  var control: ControlFolder { ControlFolder(path: path + "/c") }
}

/// Whether a process can be reached at a path, or a socket that was bound there and left.
enum RawSocket {
  static func make(_ path: String, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32? {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    if code == 0 { return descriptor }
    close(descriptor)
    return nil
  }
}

/// A client that sends any bytes.
final class RawClient {
  private let descriptor: Int32
  private var received: [UInt8] = []

  struct NobodyListens: Error {}

  init(_ path: String) throws {
    guard let descriptor = RawSocket.make(path, connect) else { throw NobodyListens() }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Sends, and reads the answers at the same time, so that neither side blocks the other. Returns false when the other
  /// side hung up first.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else {
        guard errno == EAGAIN, wait(POLLOUT | POLLIN) else { return false }
        _ = receive()
      }
    }
    return true
  }

  @discardableResult
  func send(_ text: String) -> Bool { send(Array((text + "\n").utf8)) }

  func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// The next line; nil when the other side hung up, or sent nothing for two minutes.
  func line() -> String? {
    while true {
      if let end = received.firstIndex(of: 10) {
        let line = String(decoding: received[..<end], as: UTF8.self)
        received.removeFirst(end + 1)
        return line
      }
      guard wait(POLLIN), receive() else { return nil }
    }
  }

  func ask(_ text: String) -> String? {
    send(text)
    return line()
  }

  /// False when the other side hung up.
  private func receive() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65536)
    let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
    if count > 0 { received += chunk[..<count] }
    return count > 0 || (count < 0 && errno == EAGAIN)
  }

  private func wait(_ events: Int32) -> Bool {
    var wait = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    return poll(&wait, 1, 120_000) > 0
  }
}
