import Foundation
import Glibc
import Synchronization

/// How many bytes a graph may take, `--memory`.
public enum MemoryLimit: Sendable, Equatable {
  /// So many for all that runs.
  case bytes(Int)
  /// For what is about to be taken: half of what is free when it is looked at.
  case halfOfFree

  private static let ofProcess = Mutex(MemoryLimit.halfOfFree)

  /// Of every engine that is given none of its own.
  public static var standard: MemoryLimit {
    get { ofProcess.withLock { $0 } }
    set { ofProcess.withLock { $0 = newValue } }
  }

  /// What may be taken beside what runs already.
  package func left(besides running: Int) -> Int {
    switch self {
    case .bytes(let bytes): max(0, bytes - running)
    case .halfOfFree: MemoryLimit.free / 2
    }
  }

  /// All of it; of a share of what is free, as it is now.
  public var bytes: Int { left(besides: 0) }

  /// "half of what is free", "--memory".
  package var reason: String {
    switch self {
    case .bytes: "--memory"
    case .halfOfFree: "half of what is free"
    }
  }

  /// Bytes that can be taken now: by the kernel's estimate, within the limits of the process and of its control groups.
  public static var free: Int {
    [kernelEstimate, processLimit, groupLimit].compactMap { $0 }.min() ?? Int.max
  }

  private static var kernelEstimate: Int? { number(after: "MemAvailable:", in: "/proc/meminfo").map { $0 << 10 } }

  /// What `ulimit -v` leaves.
  private static var processLimit: Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < UInt64(Int.max) else {
      return nil
    }
    let used = number(after: "VmSize:", in: "/proc/self/status").map { $0 << 10 } ?? 0
    return max(0, Int(limit.rlim_cur) - used)
  }

  /// What the control groups leave, version 2 or 1, of this one and those above it.
  private static var groupLimit: Int? {
    var least: Int?
    for line in text("/proc/self/cgroup").split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let (root, limit, usage): (String, String, String)
      if fields[1].isEmpty {
        (root, limit, usage) = ("/sys/fs/cgroup", "memory.max", "memory.current")
      } else if fields[1].split(separator: ",").contains("memory") {
        (root, limit, usage) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes")
      } else {
        continue
      }
      var path = fields[2] == "/" ? "" : String(fields[2])
      while true {
        if let left = left(in: root + path, limit, usage) { least = min(least ?? left, left) }
        guard let slash = path.lastIndex(of: "/") else { break }
        path = String(path[..<slash])
      }
    }
    return least
  }

  private static func left(in group: String, _ limit: String, _ usage: String) -> Int? {
    // "max" is no number, and version 1 writes a huge one for none.
    guard let most = Int(trimmed("\(group)/\(limit)")), most < 1 << 60, let used = Int(trimmed("\(group)/\(usage)"))
    else { return nil }
    // The cache of files gives way.
    let cache = number(after: "inactive_file", in: "\(group)/memory.stat") ?? 0
    return max(0, most - max(0, used - cache))
  }

  private static func trimmed(_ path: String) -> String { text(path).trimmingCharacters(in: .whitespacesAndNewlines) }

  private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

  private static func number(after word: String, in path: String) -> Int? {
    for line in text(path).split(separator: "\n") where line.hasPrefix(word) {
      return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
    }
    return nil
  }
}
