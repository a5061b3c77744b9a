import FoundationEssentials
import Glibc
import OutputFiles
import SystemCalls

/// Detects which files were written, in place or by another file that takes their name. A series of events counts once,
/// after a pause.
///
/// It watches the folders, so that a file may disappear and reappear. Thread: control; never waits.
public final class FileWatch {
  /// Nanoseconds after which paths are resolved again: links and folders may change.
  private static let resolvesAgainAfter: Int64 = 1_000_000_000
  /// Nanoseconds without an event after which a file counts as written.
  private let rest: Int64
  private let now: () -> Int64
  private let descriptor: Int32
  /// Folders by the watch's number.
  private var folders: [Int32: String] = [:]
  /// The requested file, by each path under which it may be written: a link's own path, and its target's.
  private var names: [String: String] = [:]
  /// The last requested files, and when.
  private var asked: (paths: Set<String>, time: Int64) = ([], 0)
  /// When a file was last written, CLOCK_MONOTONIC.
  private var written: [String: Int64] = [:]

  /// - Parameters:
  ///   - milliseconds: how long a file must not be written before it counts.
  ///   - now: nanoseconds of a monotonic clock.
  public init(
    milliseconds: Int64, now: @escaping () -> Int64 = FileWatch.monotonic
  ) throws(FileWatchError) {
    rest = milliseconds * 1_000_000
    self.now = now
    descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    guard descriptor >= 0 else { throw FileWatchError(reason: systemReason()) }
  }

  deinit { close(descriptor) }

  /// Watches only these files; their paths are absolute. Files that do not exist yet are watched, too, if their folders
  /// exist.
  public func watch(_ paths: Set<String>) {
    let now = now()
    if paths == asked.paths && now - asked.time < Self.resolvesAgainAfter { return }
    asked = (paths, now)
    names = [:]
    for path in paths {
      for name in [path, URL(fileURLWithPath: path).resolvingSymlinksInPath().path] { names[standard(name)] = path }
    }
    let wanted = Set(names.keys.map { LinkedPath.split($0).folder })
    for (number, folder) in folders where !wanted.contains(folder) {
      inotify_rm_watch(descriptor, number)
      folders[number] = nil
    }
    let events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE
    for folder in wanted where !folders.values.contains(folder) {
      let number = inotify_add_watch(descriptor, folder, UInt32(events))
      if number >= 0 { folders[number] = folder }
    }
  }

  /// The files that were written since the last call, and then not for long enough.
  public func changed() -> [String] {
    let now = now()
    takeEvents(now)
    let ready = written.filter { now - $0.value >= rest }.map(\.key).sorted()
    for path in ready { written[path] = nil }
    return ready
  }

  /// Counts a file as written now.
  public func lookAgain(_ path: String) { written[path] = now() }

  private func takeEvents(_ now: Int64) {
    withUnsafeTemporaryAllocation(byteCount: 1 << 14, alignment: 16) { buffer in
      while true {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        guard count > 0 else { return }
        var offset = 0
        while offset < count {
          let event = (buffer.baseAddress! + offset).load(as: inotify_event.self)
          let name = buffer.baseAddress! + offset + MemoryLayout<inotify_event>.size
          if event.len > 0 { note(event, String(cString: name.assumingMemoryBound(to: CChar.self)), now) }
          // The folder is gone; a new one of the same name is watched again.
          if event.mask & UInt32(IN_IGNORED) != 0 { folders[event.wd] = nil }
          if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { for path in names.values { written[path] = now } }
          offset += MemoryLayout<inotify_event>.size + Int(event.len)
        }
      }
    }
  }

  private func note(_ event: inotify_event, _ name: String, _ now: Int64) {
    guard let folder = folders[event.wd], let path = names["\(folder == "/" ? "" : folder)/\(name)"] else { return }
    written[path] = now
  }

  private func standard(_ path: String) -> String { URL(fileURLWithPath: path).standardized.path }

  /// Nanoseconds, CLOCK_MONOTONIC.
  public static func monotonic() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// Files can't be watched.
public struct FileWatchError: Error, CustomStringConvertible {
  /// The system's error text.
  public let reason: String
  public var description: String { "cannot watch files: \(reason)" }
}
