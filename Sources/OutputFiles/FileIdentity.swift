import CSystemCalls
import Glibc
import TextEscapes

/// The file behind a path, whatever its name: links, `./` and spelling make no difference.
///
/// A missing file is identified by the nearest existing folder and the names below it.
public struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64
  private let below: String

  /// Nil if no folder of the path can be read.
  public init?(_ path: String) {
    var status = stat()
    if stat(PathText.bytes(path), &status) == 0 {
      self.init(status, below: "")
      return
    }
    var folder = LinkedPath.resolved(path)
    var below: [Substring] = []
    repeat {
      let (parent, name) = LinkedPath.split(folder)
      guard !name.isEmpty, below.count < 256 else { return nil }
      below.insert(name, at: 0)
      folder = parent
    } while stat(PathText.bytes(folder), &status) != 0
    self.init(status, below: below.joined(separator: "/"))
  }

  public init(_ status: stat) { self.init(status, below: "") }

  private init(_ status: stat, below: String) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    self.below = below
  }
}

extension FileIdentity {
  /// Renames a file without replacing another one; false: `errno` says why.
  public static func rename(_ from: String, to: String) -> Bool {
    if rename_without_replacing(PathText.bytes(from), PathText.bytes(to)) == 0 { return true }
    guard errno == EINVAL || errno == ENOSYS else { return false }
    // For file systems that can't do this in one step. The file's lock keeps our other processes away.
    var status = stat()
    if lstat(PathText.bytes(to), &status) == 0 {
      errno = EEXIST
      return false
    }
    return Glibc.rename(PathText.bytes(from), PathText.bytes(to)) == 0
  }
}

/// Resolves the links in a path.
public enum LinkedPath {
  /// The path with its own link and those of its folder resolved. Missing parts stay as written.
  public static func resolved(_ path: String) -> String {
    var path = path
    for _ in 0..<40 {
      let (folder, name) = split(path)
      guard let place = real(folder) else { return path }
      path = place == "/" ? "/\(name)" : "\(place)/\(name)"
      guard let target = target(of: path) else { return path }
      path = target.utf8.first == UInt8(ascii: "/") ? target : "\(place)/\(target)"
    }
    return path
  }

  /// "a/b" -> "a", "b"; the folder of "b" is ".". Works on bytes, because a combining mark after a slash must not
  /// change the slash.
  public static func split(_ path: String) -> (folder: String, name: Substring) {
    let slash = UInt8(ascii: "/")
    var text = path.utf8[...]
    while text.count > 1, text.last == slash { text.removeLast() }
    guard let last = text.lastIndex(of: slash) else { return (".", Substring(text)) }
    let name = text[text.index(after: last)...]
    var folder = text[..<last]
    while folder.count > 1, folder.last == slash { folder.removeLast() }
    return (folder.isEmpty ? "/" : String(Substring(folder)), Substring(name))
  }

  private static func real(_ folder: String) -> String? {
    guard let pointer = realpath(PathText.bytes(folder), nil) else { return nil }
    defer { free(pointer) }
    return PathText.text(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
  }

  private static func target(of path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes {
      readlink(PathText.bytes(path), $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    return count > 0 ? PathText.text(buffer[..<count]) : nil
  }
}
