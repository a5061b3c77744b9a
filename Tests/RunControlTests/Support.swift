import Foundation
import Glibc

import RunControl

/// A folder of its own for each test, removed with it.
final class ScratchFolder: Sendable {
  let path: String
  var control: ControlFolder { ControlFolder(path: path + "/c") }

  init() {
    var template = Array("/tmp/auscult-test-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A client that says whatever bytes a test wants.
final class RawClient {
  private let socket: UnixSocket
  private var received: [UInt8] = []

  init(_ path: String) throws {
    guard let socket = try UnixSocket.connected(to: path) else { throw ControlProblem("nobody listens at \(path)") }
    self.socket = socket
  }

  /// Sends, and reads at the same time what comes back, so that neither side blocks the other. Returns false when the
  /// other side hung up first.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch socket.write(rest) {
      case .bytes(let count): rest = rest.dropFirst(count)
      case .closed: return false
      case .wouldBlock:
        guard wait(POLLOUT | POLLIN) else { return false }
        _ = socket.read(into: &received)
      }
    }
    return true
  }

  @discardableResult
  func send(_ text: String) -> Bool { send(Array((text + "\n").utf8)) }

  func endSending() { shutdown(socket.descriptor, Int32(SHUT_WR)) }

  /// The next line; nil when the other side hung up, or said nothing for ten seconds.
  func line() -> String? {
    while true {
      if let end = received.firstIndex(of: 10) {
        let line = String(decoding: received[..<end], as: UTF8.self)
        received.removeFirst(end + 1)
        return line
      }
      guard wait(POLLIN) else { return nil }
      if socket.read(into: &received) == .closed { return nil }
    }
  }

  func ask(_ text: String) -> String? {
    send(text)
    return line()
  }

  private func wait(_ events: Int32) -> Bool {
    var wait = pollfd(fd: socket.descriptor, events: Int16(events), revents: 0)
    return poll(&wait, 1, 10_000) > 0
  }
}
