import Glibc
import SystemCalls

/// What /proc tells about other processes.
enum ProcessFiles {
  /// All that there are.
  static func processes() -> [pid_t] { (folderNames("/proc") ?? []).compactMap { pid_t($0) } }

  /// A copy of this process, such as a child that does not run its own program yet, has all that this one has.
  static func isThisProgram(_ process: pid_t) -> Bool {
    guard let other = file("/proc/\(process)/exe"), let own = file("/proc/self/exe") else { return false }
    return other == own
  }

  /// Whether a process has mapped the memory or has a descriptor of it or of the pipe.
  static func holds(_ process: pid_t, memory: stat, pipe: stat) -> Bool {
    let wanted = [File(memory), File(pipe)]
    let folder = "/proc/\(process)/fd"
    if (folderNames(folder) ?? []).contains(where: { file("\(folder)/\($0)").map(wanted.contains) ?? false }) {
      return true
    }
    return text("/proc/\(process)/maps").split(separator: "\n").contains { line in
      let fields = line.split(separator: " ", maxSplits: 5)
      return fields.count > 5 && UInt64(fields[4]) == UInt64(memory.st_ino) && fields[5].contains("/memfd:")
    }
  }

  /// A whole file of /proc; empty: it can't be read.
  static func text(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 14))
    while bytes.count < 1 << 24 {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private struct File: Equatable {
    var device: UInt64
    var number: UInt64
    init(_ status: stat) { (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino)) }
  }

  private static func file(_ path: String) -> File? {
    var status = stat()
    return stat(path, &status) == 0 ? File(status) : nil
  }
}
