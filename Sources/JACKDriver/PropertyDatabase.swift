import Glibc

/// The database of properties that all JACK programs of a user share, in files of Berkeley DB.
///
/// A program that is killed while it makes them leaves one empty; every JACK program that opens the database after that,
/// jackd among them, dies of a bus error.
enum PropertyDatabase {
  /// libjack's folder: one of each user, or one of all with JACK_PROMISCUOUS_SERVER.
  static var folder: String {
    "/dev/shm/jack_db" + (getenv("JACK_PROMISCUOUS_SERVER") == nil ? "-\(getuid())" : "")
  }

  /// - Throws: `damagedProperties` when a file is empty, and stays so: one that is being made is, for a moment.
  static func check() throws(JACKError) {
    for _ in 0..<50 {
      if !hasEmptyFile { return }
      usleep(20_000)
    }
    throw .damagedProperties(folder: folder)
  }

  private static var hasEmptyFile: Bool {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(folder + "/__db.*", 0, nil, &found) == 0 else { return false }
    return (0..<Int(found.gl_pathc)).contains { index in
      var status = stat()
      return found.gl_pathv[index].map { stat($0, &status) == 0 && status.st_size == 0 } ?? false
    }
  }
}
