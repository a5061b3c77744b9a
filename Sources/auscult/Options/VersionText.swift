import CNodeABI
import Glibc
import NodeHost
import SystemCalls

/// What `--version` prints: all that a report of a fault should name.
enum VersionText {
  static var text: String {
    """
    auscult \(auscultVersion)
    build        \(PluginLibrary.fileID("/proc/self/exe")) (\(architecture), \(isOptimised ? "release" : "debug"))
    plugin ABI   \(AUSCULT_ABI_MAJOR).\(AUSCULT_ABI_MINOR)
    libraries    \(libraries.joined(separator: "\n             "))
    """
  }

  /// The files of the shared libraries in this process, whose names have the versions. Plugins load further ones.
  private static var libraries: [String] {
    let paths = maps.split(separator: UInt8(ascii: "\n")).compactMap { line -> String? in
      guard let slash = line.firstIndex(of: UInt8(ascii: "/")) else { return nil }
      return String(decoding: line[slash...], as: UTF8.self)
    }
    return Set(paths.filter { $0.contains(".so") }).sorted { name(of: $0) < name(of: $1) }
  }

  /// The kernel's list of what is mapped.
  private static var maps: [UInt8] {
    let descriptor = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = bytes.withUnsafeMutableBytes { readAll(descriptor, into: $0) } ?? 0
    return Array(bytes.prefix(count))
  }

  private static func name(of path: String) -> Substring { path.split(separator: "/").last ?? "" }

  private static var architecture: String {
    var system = utsname()
    uname(&system)
    return withUnsafeBytes(of: system.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private static var isOptimised: Bool {
    var isDebug = false
    assert({ isDebug = true }() == ())
    return !isDebug
  }
}
