import Glibc
import NodeKit

/// A file that a sink writes: replaced or appended to, cut into parts, and never left with half a line or half a token.
///
/// Thread: control and worker, never two at once.
public final class OutputFile {
  public let path: String
  /// Bytes in the part that is being written, those of earlier runs included.
  public private(set) var size = 0
  public var isOpen: Bool { descriptor >= 0 }
  /// Where data is cut when only a part of it could be written: at the last of these bytes. Nil: anywhere.
  private let separator: UInt8?
  /// Opening it leaves what it holds.
  public var appends: Bool
  private var descriptor: Int32 = -1
  /// A file on a disk, which can be cut and renamed; not a pipe, a terminal or a device.
  private var isRegular = false
  private var part = 0

  /// `path`: `-` is standard output. `append`: goes on after what the file holds, instead of replacing it.
  public init(path: String, append: Bool, separator: UInt8? = nil) {
    self.path = OutputFile.isStandardOutput(path) ? "-" : path
    self.separator = separator
    appends = append
  }

  deinit { close() }

  /// Whether a path parameter means standard output: hosts make `-` absolute like any other output path.
  public static func isStandardOutput(_ path: String) -> Bool { path == "-" || path.hasSuffix("/-") }

  /// Opens the file; nothing happens when it is open already.
  public func open() throws(NodeError) {
    if isOpen { return }
    if path == "-" {
      descriptor = STDOUT_FILENO
    } else {
      descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | (appends ? 0 : O_TRUNC), 0o644)
      // A pipe or a device may allow writing alone.
      if descriptor < 0, errno == EACCES || errno == EINVAL { descriptor = Glibc.open(path, O_WRONLY | O_CLOEXEC) }
    }
    guard descriptor >= 0 else { throw problem("open", errno) }
    var status = stat()
    fstat(descriptor, &status)
    isRegular = path != "-" && status.st_mode & S_IFMT == S_IFREG
    size = isRegular ? status.st_size : 0
    if isRegular { lseek(descriptor, 0, SEEK_END) }
  }

  /// Adds data at the end. On an error, what went out of it is cut back to the last separator.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(NodeError) {
    var written = 0
    while written < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
      if count > 0 {
        written += count
      } else if count == 0 || errno != EINTR {
        let reason = count == 0 ? ENOSPC : errno
        cutBack(UnsafeRawBufferPointer(rebasing: bytes[..<written]))
        throw problem("write", reason)
      }
    }
    size += written
  }

  public func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  /// Replaces data at an offset; the end of the file stays where it is.
  public func overwrite(_ bytes: [UInt8], at offset: Int) throws(NodeError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress! + written, bytes.count - written, offset + written)
      }
      if count > 0 {
        written += count
      } else if count == 0 || errno != EINTR {
        throw problem("write", count == 0 ? ENOSPC : errno)
      }
    }
  }

  /// Up to `count` bytes from an offset; fewer at the end of the file.
  public func read(_ count: Int, at offset: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = max(0, pread(descriptor, buffer.baseAddress!, count, offset))
    }
  }

  /// Shortens the file.
  public func cut(to newSize: Int) throws(NodeError) {
    guard ftruncate(descriptor, newSize) == 0 else { throw problem("shorten", errno) }
    size = newSize
    lseek(descriptor, 0, SEEK_END)
  }

  /// Renames what was written to the next free part, `name.1.ext`, `name.2.ext` and so on, and begins an empty file.
  /// Parts that are there, also those of an earlier run, stay.
  public func rotate() throws(NodeError) {
    guard isRegular else { return }
    repeat { part += 1 } while access(OutputFile.part(part, of: path), F_OK) == 0
    guard rename(path, OutputFile.part(part, of: path)) == 0 else { throw problem("rename", errno) }
    let replacement = Glibc.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard replacement >= 0 else { throw problem("open", errno) }
    Glibc.close(descriptor)
    descriptor = replacement
    size = 0
  }

  public func close() {
    if descriptor > STDERR_FILENO { Glibc.close(descriptor) }
    descriptor = -1
  }

  /// Path of a finished part: its number goes before the extension, so that it opens with the same programs.
  public static func part(_ number: Int, of path: String) -> String {
    let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) } ?? path.startIndex
    guard let dot = path[name...].lastIndex(of: "."), dot > name else { return "\(path).\(number)" }
    return "\(path[..<dot]).\(number)\(path[dot...])"
  }

  private func cutBack(_ written: UnsafeRawBufferPointer) {
    let whole = separator.map { (written.lastIndex(of: $0) ?? -1) + 1 } ?? written.count
    size += whole
    if isRegular {
      ftruncate(descriptor, size)
      lseek(descriptor, size, SEEK_SET)
    }
  }

  private func problem(_ action: String, _ code: Int32) -> NodeError {
    fileProblem(action, path == "-" ? "standard output" : path, code)
  }
}

/// What went wrong with an output file, in words: the path, the system's reason, and what to do.
public func fileProblem(_ action: String, _ path: String, _ code: Int32) -> NodeError {
  let advice =
    switch code {
    case ENOSPC, EDQUOT: "make room on the disk, or write elsewhere"
    case ENOENT: "make the folder first"
    case EACCES, EPERM, EROFS: "give a path that may be written"
    case EISDIR: "give the path of a file in it"
    case ENOTDIR: "a part of the path is a file, not a folder"
    case EPIPE: "whatever read it has ended"
    case EFBIG: "use `rotate`"
    default: "check the path and the disk"
    }
  return NodeError("cannot \(action) \(path): \(String(cString: strerror(code))); \(advice)", parameter: "path")
}
