import Glibc
import NodeKit
import OutputFiles
import SystemCalls
import TextEscapes

/// The first line of a file, as a password.
enum PasswordFile {
  /// MQTT's limit.
  private static let most = 65_535

  static func read(_ path: String) throws(FileProblem) -> [UInt8] {
    let descriptor = open(PathText.bytes(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw FileProblem("cannot read the password in \(path): \(systemReason()); check the file and its owner")
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: most + 2)
    guard let count = bytes.withUnsafeMutableBytes({ readAll(descriptor, into: $0) }) else {
      throw FileProblem("cannot read the password in \(path): \(systemReason()); give the path of a file")
    }
    let line = bytes[..<count].prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    guard line.count <= most else {
      throw FileProblem("the password in \(path) is longer than \(most) bytes; put it into the first line of a file")
    }
    return Array(line)
  }
}
