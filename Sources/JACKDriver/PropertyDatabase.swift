import Glibc
import SystemCalls

/// The property database that all of a user's programs with jackd2's libjack share: files of Berkeley DB.
///
/// If a program is killed while it creates the files, one stays empty. Every program that opens the database later, jackd
/// included, then crashes with a bus error.
package enum PropertyDatabase {
  /// The path in jackd2 1.9.
  package static var folder: String { "/dev/shm/jack_db-\(geteuid())" }

  /// Whether this process' libjack has such a database; PipeWire's has none.
  package static let isUsed = dlsym(nil, "db_env_create") != nil

  /// - Throws: `damagedProperties` if a file stays empty; a file that is being created is empty for a moment.
  package static func check(_ folder: String = folder) throws(JACKError) {
    guard isUsed else { return }
    if Polling.wait(seconds: 1, every: .milliseconds(20), until: { !hasEmptyFile(folder) }) { return }
    throw .damagedProperties(folder: folder)
  }

  private static func hasEmptyFile(_ folder: String) -> Bool {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(folder + "/__db.*", 0, nil, &found) == 0 else { return false }
    return (0..<Int(found.gl_pathc)).contains { index in
      var status = stat()
      return found.gl_pathv[index].map { stat($0, &status) == 0 && status.st_size == 0 } ?? false
    }
  }
}
