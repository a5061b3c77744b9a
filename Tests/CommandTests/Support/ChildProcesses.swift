import Foundation
import Glibc

/// The jackd that a run has started.
func jackdOf(_ parent: Int32) -> pid_t? {
  let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return processes.compactMap { pid_t($0) }.first { process in
    guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
    // "pid (name) state parent ..."
    let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
    return fields.count > 2 && fields[2] == "\(parent)" && stat.contains("(jackd)")
  }
}
