import Glibc
import SystemCalls
import TextEscapes

/// Files that appear under their names when they are whole: they are written beside the name first, then renamed.
public enum WholeFile {
  /// The bytes of a regular file; nil: it is none, is larger than `most`, or can't be read.
  ///
  /// - Parameter followsLinks: false: a link is no regular file.
  public static func read(_ path: String, most: Int, followsLinks: Bool = true) -> [UInt8]? {
    let descriptor = open(
      PathText.bytes(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (followsLinks ? 0 : O_NOFOLLOW))
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= most else {
      return nil
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    let count = bytes.withUnsafeMutableBytes { readAll(descriptor, into: $0) }
    return count == bytes.count ? bytes : nil
  }

  /// Writes a file; an existing one is replaced.
  ///
  /// - Parameter mode: the file's rights; nil: those of a new file.
  public static func write(_ bytes: [UInt8], to path: String, mode: mode_t? = nil) throws(FileProblem) {
    try make(path, replaces: true, mode: mode) { writeAll(bytes, to: $0) }
  }

  /// Copies a file.
  ///
  /// - Parameter replaces: an existing file is replaced; else that is a problem, and the file stays.
  public static func copy(_ from: String, to path: String, replaces: Bool = false) throws(FileProblem) {
    let source = open(PathText.bytes(from), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard source >= 0 else { throw FileProblem("read", from, errno) }
    defer { close(source) }
    try make(path, replaces: replaces) { target in
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        guard let count = buffer.withUnsafeMutableBytes({ readAll(source, into: $0) }) else { return errno }
        if count == 0 { return 0 }
        let code = writeAll(Array(buffer[..<count]), to: target)
        if code != 0 { return code }
      }
    }
  }

  /// - Parameter body: writes to a descriptor; 0, or the system's error number.
  private static func make(
    _ path: String, replaces: Bool, mode: mode_t? = nil, _ body: (Int32) -> Int32
  ) throws(FileProblem) {
    let draft = "\(path).draft"
    let descriptor = open(
      PathText.bytes(draft), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK,
      mode ?? 0o666)
    guard descriptor >= 0 else { throw FileProblem("write", path, errno) }
    var code = mode.map { fchmod(descriptor, $0) == 0 ? 0 : errno } ?? 0
    if code == 0 { code = body(descriptor) }
    if code == 0, fsync(descriptor) != 0 { code = errno }
    if close(descriptor) != 0, code == 0 { code = errno }
    if code == 0 {
      if replaces ? rename(draft, path) : FileIdentity.rename(draft, to: path) { return }
      code = errno
    }
    unlink(PathText.bytes(draft))
    throw FileProblem("write", path, code)
  }

  private static func rename(_ from: String, _ to: String) -> Bool {
    Glibc.rename(PathText.bytes(from), PathText.bytes(to)) == 0
  }
}
