import Glibc

/// The database of properties that all programs of a user share that use jackd2's libjack: files of Berkeley DB.
///
/// A program that is killed while it makes them leaves one empty; every program that opens the database after that, jackd
/// among them, dies of a bus error.
package enum PropertyDatabase {
  /// Where jackd2 1.9 has it.
  package static var folder: String { "/dev/shm/jack_db-\(geteuid())" }

  /// Whether the libjack of this process has such a database: PipeWire's has none.
  package static let isUsed = dlsym(nil, "db_env_create") != nil

  /// - Throws: `damagedProperties` when a file is empty, and stays so: one that is being made is, for a moment.
  package static func check(_ folder: String = folder) throws(JACKError) {
    guard isUsed else { return }
    for _ in 0..<50 {
      if !hasEmptyFile(folder) { return }
      usleep(20_000)
    }
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
