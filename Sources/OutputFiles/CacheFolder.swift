import Glibc

/// The folder for what can be found out again: `$XDG_CACHE_HOME/auscult`, or `~/.cache/auscult` (XDG Base Directory
/// Specification). A file there may be missing, old or damaged, and nothing depends on it but speed.
public enum CacheFolder {
  /// Nil: this process has none.
  public static var path: String? {
    if let folder = absolute("XDG_CACHE_HOME") { return folder + "/auscult" }
    return absolute("HOME").map { $0 + "/.cache/auscult" }
  }

  /// The specification says: a relative path counts as not given.
  private static func absolute(_ variable: String) -> String? {
    guard let value = getenv(variable).map({ String(cString: $0) }), value.hasPrefix("/") else { return nil }
    return value
  }

  /// The bytes of a file; nil: it can't be read, or is longer than any of ours.
  public static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= mostBytes else {
      return nil
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    return count == bytes.count ? bytes : nil
  }

  /// Replaces a file in one step, so that no reader sees half of it. Does nothing if that is impossible.
  public static func write(_ bytes: [UInt8], to path: String) {
    guard bytes.count <= mostBytes else { return }
    try? OutputFolder.makeAll(LinkedPath.split(path).folder)
    let draft = "\(path).\(getpid())"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0 else { return }
    let count = Glibc.write(descriptor, bytes, bytes.count)
    let isClosed = close(descriptor) == 0
    if count == bytes.count, isClosed, rename(draft, path) == 0 { return }
    unlink(draft)
  }

  private static let mostBytes = 1 << 20
}
