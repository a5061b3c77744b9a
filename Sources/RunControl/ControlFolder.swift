import Glibc
import SystemCalls

/// Why a socket or its folder cannot be used.
public struct ControlProblem: Error, Sendable, Equatable, CustomStringConvertible {
  public var text: String
  /// Another run has the name: other folders do not help.
  var isNameTaken = false
  /// The run is there, and does not answer in time: it is stopped, it hangs, or it is busy.
  public internal(set) var isLate = false
  public init(_ text: String) { self.text = text }

  static func late(_ text: String) -> ControlProblem {
    var problem = ControlProblem(text)
    problem.isLate = true
    return problem
  }

  public static func == (a: ControlProblem, b: ControlProblem) -> Bool { a.text == b.text }
  public var description: String { text }
}

/// A folder that holds sockets of this user's running graphs.
public struct ControlFolder: Sendable, Equatable {
  public let path: String
  /// A service manager creates the folder; Auscult does not.
  let isGiven: Bool

  public init(path: String) { self.init(path: path, isGiven: false) }

  init(path: String, isGiven: Bool) {
    self.path = path
    self.isGiven = isGiven
  }

  /// Creates the folder if needed, and checks that no other user can write to it: such a user could impersonate a running
  /// graph.
  func prepare() throws(ControlProblem) {
    if !isGiven, mkdir(path, 0o700) != 0, errno != EEXIST {
      throw ControlProblem("cannot make the folder \(path): \(systemReason())")
    }
    try check()
  }

  func check() throws(ControlProblem) {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      throw ControlProblem("cannot use the folder \(path): \(systemReason())")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw ControlProblem("\(path) is not a folder; remove it") }
    guard status.st_uid == geteuid() else {
      throw ControlProblem("the folder \(path) belongs to another user; remove it, or set XDG_RUNTIME_DIR")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw ControlProblem("others may use the folder \(path); run `chmod 700 \(path)`")
    }
  }

  /// The path of a graph's socket. Characters that are unsuitable for a file name become `_`, long names are cut, and a
  /// checksum is added so that names stay different.
  public func socket(_ name: String) throws(ControlProblem) -> String {
    guard !name.isEmpty else { throw ControlProblem("a graph's name must not be empty; give --name") }
    let plain = String(decoding: name.utf8.map { isPlain($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
    let most = 100 - path.utf8.count - ".lock".utf8.count - 1
    guard most >= 16 else {
      throw ControlProblem("the folder \(path) has too long a path for a socket; set XDG_RUNTIME_DIR to a shorter one")
    }
    if plain == name, plain.utf8.count <= most, plain.first != "." { return "\(path)/\(plain).sock" }
    let cut = plain.prefix(most - 9)
    return "\(path)/\(cut.first == "." ? "_" : "")\(cut)-\(checksum(name)).sock"
  }

  private func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// FNV-1a, 32 bits, as eight hexadecimal digits.
  private func checksum(_ name: String) -> String {
    let hash = name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
    let text = String(hash, radix: 16)
    return String(repeating: "0", count: 8 - text.utf8.count) + text
  }
}
