import Glibc
import OutputFiles
import TextEscapes

/// Checks what is at an output's path.
enum OutputPlace {
  /// Whether a file may be renamed and numbered: not in /dev or a process's own folder.
  static func isOrdinary(_ path: String) -> Bool {
    !path.utf8.starts(with: "/dev/".utf8) && !path.utf8.starts(with: "/proc/".utf8)
      || path.utf8.starts(with: "/dev/shm/".utf8)
  }

  /// Resolves links, except those that the system makes up.
  static func resolved(_ path: String) -> String { isOrdinary(path) ? LinkedPath.resolved(path) : path }

  static func open(_ place: String, _ path: String, _ kind: OutputKind) throws(FileProblem) -> Int32 {
    var status = stat()
    // Check before opening: some devices react to being opened.
    if stat(PathText.bytes(place), &status) == 0 { try check(status, path, kind) }
    let flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (kind == .jsonLines ? O_APPEND : 0)
    let link = isOrdinary(place) ? O_NOFOLLOW : 0
    // Never create a file in place of a missing device.
    let create = isOrdinary(place) ? O_CREAT : 0
    var descriptor = Glibc.open(PathText.bytes(place), O_RDWR | create | flags | link, 0o644)
    // A pipe or a device may allow writing only. So may a file; appending to it is still possible.
    if descriptor < 0, errno == EACCES || errno == EINVAL || errno == ENXIO, kind.isStream {
      let code = errno
      descriptor = Glibc.open(PathText.bytes(place), O_WRONLY | flags | link)
      if descriptor < 0 { errno = code }
    }
    guard descriptor >= 0 else { throw FileProblem("open", path, errno) }
    return descriptor
  }

  /// Refuses everything but files and, for streams, pipes, terminals and harmless devices.
  static func check(_ status: stat, _ path: String, _ kind: OutputKind) throws(FileProblem) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: throw FileProblem("open", path, EISDIR)
    case S_IFBLK: throw FileProblem("\(path) is a disk: nothing is written onto it; give the path of a file")
    case S_IFSOCK: throw FileProblem("\(path) is a socket, not a file; give another path")
    default: break
    }
    guard kind.isStream else {
      throw FileProblem("\(path) is not a file on a disk, which a header needs; give another path")
    }
    if status.st_mode & S_IFMT == S_IFCHR, !isHarmless(UInt64(status.st_rdev)) {
      throw FileProblem("\(path) is a device that records do not belong on; give another path")
    }
  }

  /// null, zero, full; terminals and serial lines.
  private static func isHarmless(_ device: UInt64) -> Bool {
    let (major, minor) = ((device >> 8) & 0xfff, device & 0xff)
    switch major {
    case 1: return [3, 5, 7].contains(minor)
    case 5: return minor < 2
    case 4, 136...143, 166, 188, 204: return true
    default: return false
    }
  }

  /// Refuses a file of another kind.
  static func checkContent(_ descriptor: Int32, _ path: String, _ kind: OutputKind) throws(FileProblem) {
    let head = [UInt8](unsafeUninitializedCapacity: OutputKind.headLength) { buffer, initialized in
      initialized = max(0, pread(descriptor, buffer.baseAddress!, OutputKind.headLength, 0))
    }
    if head.isEmpty || kind.recognises(head) { return }
    throw FileProblem(
      "\(path) exists and is no \(kind.name): it is not touched; give another path, or move it away", code: EEXIST)
  }
}
