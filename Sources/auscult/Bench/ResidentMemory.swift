import FoundationEssentials
import Glibc

/// The resident memory of this process.
enum ResidentMemory {
  /// Bytes that are resident now; 0 if the system does not say.
  static func now() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let fields = text.split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
  }
}
