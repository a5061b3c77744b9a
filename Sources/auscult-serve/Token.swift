import Glibc
import RunControl
import SystemCalls

/// The secret that a request needs to change a run: 64 hexadecimal digits in a file that only this user can read.
struct Token: Sendable {
  let path: String
  private let text: [UInt8]

  /// Reads the file, or makes it.
  init(file: String?) throws(ServeProblem) {
    if let file { path = file } else { path = try Token.standardPath() }
    let made = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    if made >= 0 {
      defer { close(made) }
      let digits = Array("0123456789abcdef".utf8)
      var random = SystemRandomNumberGenerator()
      text = (0..<64).map { _ in digits[Int.random(in: 0..<16, using: &random)] }
      guard writeAll(text + [UInt8(ascii: "\n")], to: made) == 0 else {
        throw ServeProblem(text: "cannot write the token to \(path)")
      }
      return
    }
    guard errno == EEXIST else { throw ServeProblem(text: "cannot make the token file \(path): \(systemReason())") }
    text = try Token.read(path)
  }

  /// Whether a header `Authorization: Bearer ...` has the token. Takes the same time for every wrong one of its length.
  func isIn(_ authorization: String?) -> Bool {
    guard let authorization else { return false }
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer", parts[1].utf8.count == text.count else { return false }
    return zip(parts[1].utf8, text).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func standardPath() throws(ServeProblem) -> String {
    guard let folder = ControlFolders.standard().prepared() else {
      throw ServeProblem(
        text: "there is no folder for the token (\(ControlFolders.standard().words)); give --token-file")
    }
    return folder + "/serve.token"
  }

  private static func read(_ path: String) throws(ServeProblem) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw ServeProblem(text: "cannot open the token file \(path): \(systemReason())") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_uid == geteuid(), status.st_mode & S_IFMT == S_IFREG,
      status.st_mode & 0o077 == 0
    else {
      throw ServeProblem(text: "others may read the token file \(path); run `chmod 600` on it, as its owner")
    }
    var bytes = [UInt8](repeating: 0, count: 257)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    let token = Array(bytes.prefix(max(0, count)).prefix { $0 > 0x20 && $0 < 0x7F })
    guard token.count >= 16, token.count <= 256 else {
      throw ServeProblem(text: "the token file \(path) must hold 16 to 256 characters; remove it to get a new one")
    }
    return token
  }
}
