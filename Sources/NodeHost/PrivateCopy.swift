import SystemCalls

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A private copy of a library. For a known path, the loader would return the old code, and a file that is overwritten
/// in place would change under the running code.
///
/// The file is deleted once it is loaded, so that nothing remains however the program ends. The loaded code stays.
final class PrivateCopy {
  let path: String
  private let folder: String

  /// Copies what the loader needs of a library, named by its build id.
  init(of library: String) throws(PluginProblem) {
    var template = Array("\(temporaryFolder())/auscult-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Self.problem(library, "its private copy has no folder") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let id = fileBuildID(library).filter { $0.isHexDigit }.prefix(40)
    path = "\(folder)/\(id)-\(baseName(library))"
    guard copyFile(library, to: path, most: PluginLibrary.loadedSize(library) ?? .max) else {
      let reason = systemReason()
      unlink(path)
      rmdir(folder)
      throw Self.problem(library, "it cannot be copied to \(folder): \(reason)")
    }
  }

  deinit {
    unlink(path)
    rmdir(folder)
  }

  private static func problem(_ library: String, _ text: String) -> PluginProblem {
    PluginProblem(path: library, defects: [text])
  }
}

private func temporaryFolder() -> String {
  getenv("TMPDIR").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
}

/// - Parameter most: bytes to copy, from the begin.
private func copyFile(_ from: String, to: String, most: Int) -> Bool {
  let source = open(from, O_RDONLY | O_CLOEXEC)
  guard source >= 0 else { return false }
  defer { close(source) }
  let target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o700)
  guard target >= 0 else { return false }
  defer { close(target) }
  return withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
    var left = most
    while let read = readAll(source, into: buffer) {
      let count = min(read, left)
      if count == 0 { return true }
      left -= count
      var written = 0
      let problem = writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: target, written: &written)
      if problem != 0 {
        errno = problem
        return false
      }
    }
    return false
  }
}
