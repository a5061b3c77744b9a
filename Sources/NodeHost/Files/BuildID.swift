import SystemCalls

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The file's GNU build id; without one, a hash of the whole file.
func fileBuildID(_ path: String) -> String {
  LibraryFile.read(path) { file in file.gnuBuildID ?? file.hash.map { "fnv1a:" + hexadecimal($0) } } ?? "unknown"
}

extension PluginLibrary {
  /// Whether a file is a complete library: everything that its headers refer to has been written.
  public static func isWhole(_ path: String) -> Bool {
    LibraryFile.read(path) { file -> Bool? in
      guard file.isELF, let segments = file.segments else { return false }
      let sections = (file.header(UInt64.self, 40) ?? 0, file.header(UInt16.self, 58), file.header(UInt16.self, 60))
      let sectionsEnd = sections.0 &+ UInt64(sections.1 ?? 0) * UInt64(sections.2 ?? 0)
      guard !segments.isEmpty, sectionsEnd <= UInt64(file.size) else { return false }
      return segments.allSatisfy { segment in
        let (end, isTooFar) = segment.offset.addingReportingOverflow(segment.size)
        return !isTooFar && end <= UInt64(file.size)
      }
    } ?? false
  }

  /// Bytes of a library file, from its begin, that the loader maps; the rest is for debuggers. Nil: the headers do not
  /// say, or the file ends before them.
  static func loadedSize(_ path: String) -> Int? {
    LibraryFile.read(path) { file in
      guard file.isELF, let segments = file.segments else { return nil }
      let ends = segments.filter { $0.type == 1 }.map { $0.offset.addingReportingOverflow($0.size) }
      guard let end = ends.map(\.partialValue).max(), !ends.contains(where: \.overflow), end <= UInt64(file.size) else {
        return nil
      }
      return Int(end)
    }
  }

  /// The build id of a library file in its present state.
  public static func fileID(_ path: String) -> String { fileBuildID(path) }
}
