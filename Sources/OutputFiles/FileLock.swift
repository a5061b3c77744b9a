import Glibc
import SystemCalls
import TextEscapes

/// Locks on files that are being written (flock): one writer at a time, among all processes and nodes. The system
/// releases a lock when its file is closed, however the process ends.
public enum FileLock {
  public enum Outcome: Equatable {
    case taken
    /// Another process has the lock: its number, if known.
    case held(by: pid_t?)
  }

  /// Takes the lock of an open file. Tries a few times, because `look` holds the lock for an instant.
  ///
  /// On a file system without locks it always succeeds.
  public static func take(_ descriptor: Int32) -> Outcome {
    let isTaken = Polling.wait(seconds: 0.04, every: .milliseconds(10)) {
      flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK && errno != EINTR
    }
    if isTaken { return .taken }
    var status = stat()
    return .held(by: fstat(descriptor, &status) == 0 ? holder(status) : nil)
  }

  // Readers use locks of another kind (open file description locks, F_OFD_SETLK). They do not keep a writer from
  // appending; only a writer that replaces the file checks them.
  private static let (lookCommand, setCommand): (Int32, Int32) = (36, 37)

  /// Marks an open file as being read until it is closed.
  public static func markRead(_ descriptor: Int32) {
    var lock = Glibc.flock()
    lock.l_type = Int16(F_RDLCK)
    _ = fcntl(descriptor, setCommand, &lock)
  }

  /// Whether a run of ours, including this process, reads an open file.
  public static func isRead(_ descriptor: Int32) -> Bool {
    var lock = Glibc.flock()
    lock.l_type = Int16(F_WRLCK)
    return fcntl(descriptor, lookCommand, &lock) == 0 && lock.l_type != Int16(F_UNLCK)
  }

  /// Whether any process, including this one, writes the file at a path. Keeps no lock. An output with a
  /// `SidecarLock` is not opened.
  public static func look(_ path: String) -> Outcome {
    var status = stat()
    let sidecar = SidecarLock.path(of: path)
    let path = access(PathText.bytes(sidecar), F_OK) == 0 ? sidecar : path
    guard stat(PathText.bytes(path), &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return .taken }
    let descriptor = open(PathText.bytes(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .taken }
    defer { close(descriptor) }
    if flock(descriptor, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK { return .taken }
    return .held(by: holder(status))
  }

  /// "by process 123 (auscult run fan.yaml)", or "by another program".
  public static func words(_ holder: pid_t?) -> String {
    guard let holder else { return "by another program" }
    if holder == getpid() { return "by this run" }
    guard let command = commandLine(holder) else { return "by process \(holder)" }
    return "by process \(holder) (\(command))"
  }

  /// The process that holds a file's lock, from the system's list.
  private static func holder(_ status: stat) -> pid_t? {
    let device = UInt64(status.st_dev)
    let (major, minor) = ((device >> 8) & 0xfff | (device >> 32) & ~0xfff, device & 0xff | (device >> 12) & ~0xff)
    let place = hex(major) + ":" + hex(minor) + ":\(status.st_ino)"
    for line in text("/proc/locks", most: 1 << 20).split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 5, words.contains("FLOCK"), words.contains("WRITE"), words.contains(Substring(place)),
        let number = words.firstIndex(of: "WRITE"), number + 1 < words.count
      else { continue }
      return pid_t(words[number + 1]).flatMap { $0 > 0 ? $0 : nil }
    }
    return nil
  }

  private static func hex(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return text.count < 2 ? "0" + text : text
  }

  private static func commandLine(_ process: pid_t) -> String? {
    let line = text("/proc/\(process)/cmdline", most: 256).split(separator: "\0").joined(separator: " ")
    let shown = line.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? "?" : String($0) }.joined()
    return shown.isEmpty ? nil : shown
  }

  private static func text(_ path: String, most: Int) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while bytes.count < most {
      let count = read(descriptor, &piece, piece.count)
      guard count > 0 else { break }
      bytes += piece[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
