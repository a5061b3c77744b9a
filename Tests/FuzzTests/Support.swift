import Foundation
import Glibc

/// The smallest graph: counts and discards its input.
let plainGraph = """
  graph: plain
  nodes:
    mic: { type: source }
    end: { type: sink.null }
  links: mic -> end
  """

/// A WAV file of 16-bit samples, channels interleaved.
func wavFile(_ samples: [Int16], rate: Int, channels: Int) -> [UInt8] {
  func bytes(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }
  var file = Array("RIFF".utf8) + bytes(UInt32(36 + 2 * samples.count)) + Array("WAVEfmt ".utf8) + bytes(UInt32(16))
  file += bytes(UInt16(1)) + bytes(UInt16(channels)) + bytes(UInt32(rate)) + bytes(UInt32(2 * rate * channels))
  file += bytes(UInt16(2 * channels)) + bytes(UInt16(16)) + Array("data".utf8) + bytes(UInt32(2 * samples.count))
  return file + samples.withUnsafeBytes { Array($0) }
}

struct SocketTrouble: Error {
  var error = errno
}

/// Sends lines to a socket and reads answers until one has the id "last", or the server hangs up.
func ask(_ path: String, _ bytes: [UInt8]) throws -> String {
  let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
  guard socket >= 0 else { throw SocketTrouble() }
  defer { close(socket) }
  var limit = timeval(tv_sec: 60, tv_usec: 0)
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
  let status = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
  guard status == 0 else { throw SocketTrouble() }
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    if count <= 0 { break }
    rest = rest.dropFirst(count)
  }
  var answer: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = recv(socket, &chunk, chunk.count, 0)
    guard count > 0 else { break }
    answer += chunk[..<count]
    if String(decoding: answer, as: UTF8.self).contains(#""id":"last""#) { break }
  }
  return String(decoding: answer, as: UTF8.self)
}
