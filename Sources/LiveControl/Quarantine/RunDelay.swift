import Glibc
import SystemCalls

/// How long the threads of this process have waited for a processor while they could run.
enum RunDelay {
  /// Nanoseconds so far, by the kernel's number of each thread that there is now; nil: the kernel does not tell. The
  /// second number of each thread's `schedstat`.
  static var nanoseconds: [Int32: Int64]? {
    guard let threads = folderNames("/proc/self/task") else { return nil }
    var waits: [Int32: Int64] = [:]
    for name in threads {
      if let thread = Int32(name), let waited = waited(thread) { waits[thread] = waited }
    }
    return waits.isEmpty ? nil : waits
  }

  private static func waited(_ thread: Int32) -> Int64? {
    guard let file = fopen("/proc/self/task/\(thread)/schedstat", "re") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, Int32(line.count), file) != nil else { return nil }
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let fields = text.split(separator: " ")
    return fields.count > 1 ? Int64(fields[1]) : nil
  }
}
