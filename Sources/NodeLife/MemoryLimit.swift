import FoundationEssentials
import Glibc
import Synchronization

/// The number of bytes that a graph may use: `--memory`.
public enum MemoryLimit: Sendable, Equatable {
  /// This many bytes for all that runs.
  case bytes(Int)
  /// For new memory: half of what is free at the time of the check.
  case halfOfFree

  private static let ofProcess = Mutex(MemoryLimit.halfOfFree)

  /// The limit of engines without an own limit.
  public static var standard: MemoryLimit {
    get { ofProcess.withLock { $0 } }
    set { ofProcess.withLock { $0 = newValue } }
  }

  /// Bytes that may be used in addition to what runs already.
  package func left(besides running: Int) -> Int {
    switch self {
    case .bytes(let bytes): max(0, bytes - running)
    case .halfOfFree: MemoryLimit.free / 2
    }
  }

  /// The whole limit; for a share of the free memory, as it is now.
  public var bytes: Int { left(besides: 0) }

  /// "half of what is free", "--memory".
  package var reason: String {
    switch self {
    case .bytes: "--memory"
    case .halfOfFree: "half of what is free"
    }
  }

  /// Bytes that are free now: by the kernel's estimate, within the limits of the process and of its control groups.
  public static var free: Int {
    [kernelEstimate, processLimit, groupLimit].compactMap { $0 }.min() ?? Int.max
  }

  private static var kernelEstimate: Int? { number(after: "MemAvailable:", in: "/proc/meminfo").map { $0 << 10 } }

  /// The rest of the limit of `ulimit -v`.
  private static var processLimit: Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < UInt64(Int.max) else {
      return nil
    }
    let used = number(after: "VmSize:", in: "/proc/self/status").map { $0 << 10 } ?? 0
    return max(0, Int(limit.rlim_cur) - used)
  }

  /// The rest of the limits of the control groups, version 2 or 1, including parent groups.
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
    // "max" is no number. Version 1 writes a huge number for no limit.
    guard let most = Int(trimmed("\(group)/\(limit)")), most < 1 << 60, let used = Int(trimmed("\(group)/\(usage)"))
    else { return nil }
    // The kernel can free the cache of files.
    let cache = number(after: "inactive_file", in: "\(group)/memory.stat") ?? 0
    return max(0, most - max(0, used - cache))
  }

  private static func trimmed(_ path: String) -> String {
    String(text(path).split(whereSeparator: \.isWhitespace).first ?? "")
  }

  private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

  private static func number(after word: String, in path: String) -> Int? {
    for line in text(path).split(separator: "\n") where line.hasPrefix(word) {
      return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
    }
    return nil
  }
}
