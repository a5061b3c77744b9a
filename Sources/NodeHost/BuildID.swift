import SystemCalls

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The file's GNU build id; without one, a hash of the whole file.
func fileBuildID(_ path: String) -> String {
  withFileBytes(path) { bytes in gnuBuildID(bytes) ?? "fnv1a:" + hexadecimal(hash(bytes)) } ?? "unknown"
}

extension PluginLibrary {
  /// Whether a file is a complete library: everything that its headers refer to has been written.
  public static func isWhole(_ path: String) -> Bool {
    withFileBytes(path) { file in
      guard file.count >= 64, file.prefix(4).elementsEqual([0x7F, 0x45, 0x4C, 0x46]) else { return false }
      let (segments, sections) = (read(UInt64.self, file, 32) ?? 0, read(UInt64.self, file, 40) ?? 0)
      let sizes = [54, 56, 58, 60].map { UInt64(read(UInt16.self, file, $0) ?? 0) }
      let ends = [segments &+ sizes[0] * sizes[1], sections &+ sizes[2] * sizes[3]]
      guard segments > 0, ends.allSatisfy({ $0 <= UInt64(file.count) }) else { return false }
      return (0..<Int(sizes[1])).allSatisfy { index in
        let header = Int(clamping: segments) &+ index * Int(sizes[0])
        guard let offset = read(UInt64.self, file, header &+ 8), let size = read(UInt64.self, file, header &+ 32) else {
          return false
        }
        let (end, isTooFar) = offset.addingReportingOverflow(size)
        return !isTooFar && end <= UInt64(file.count)
      }
    } ?? false
  }

  /// The build id of a library file in its present state.
  public static func fileID(_ path: String) -> String { fileBuildID(path) }
}

/// The build id from the notes of a 64-bit ELF file in this computer's byte order, in hexadecimal.
private func gnuBuildID(_ file: UnsafeRawBufferPointer) -> String? {
  let elf64LittleEndian: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1]
  guard file.count >= 64, file.prefix(6).elementsEqual(elf64LittleEndian) else { return nil }
  let headers = Int(clamping: read(UInt64.self, file, 32) ?? 0)
  let entrySize = Int(read(UInt16.self, file, 54) ?? 0)
  for index in 0..<Int(read(UInt16.self, file, 56) ?? 0) {
    let header = headers &+ index * entrySize
    let isNote = read(UInt32.self, file, header) == 4
    guard isNote, let offset = read(UInt64.self, file, header &+ 8), let size = read(UInt64.self, file, header &+ 32),
      let id = noteBuildID(file, Int(clamping: offset), Int(clamping: size))
    else { continue }
    return id
  }
  return nil
}

/// A note has: size of the name, size of the content, type; then name and content, each padded to 4 bytes.
private func noteBuildID(_ file: UnsafeRawBufferPointer, _ offset: Int, _ size: Int) -> String? {
  guard offset <= file.count, size <= file.count - offset else { return nil }
  var place = offset
  while let nameSize = read(UInt32.self, file, place), let size32 = read(UInt32.self, file, place + 4),
    let type = read(UInt32.self, file, place + 8), place < offset + size
  {
    let name = place + 12
    let content = name + (Int(nameSize) + 3) & ~3
    let end = content + Int(size32)
    guard end <= offset + size else { return nil }
    if type == 3, nameSize == 4, file[name..<name + 4].elementsEqual("GNU\0".utf8) {
      return file[content..<end].map { hexadecimal($0) }.joined()
    }
    place = content + (Int(size32) + 3) & ~3
  }
  return nil
}

private func read<T: FixedWidthInteger>(_ type: T.Type, _ file: UnsafeRawBufferPointer, _ offset: Int) -> T? {
  guard offset >= 0, offset <= file.count - MemoryLayout<T>.size else { return nil }
  return T(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: T.self))
}

/// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/).
private func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
}

private func hexadecimal<T: FixedWidthInteger>(_ value: T) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: T.bitWidth / 4 - digits.count) + digits
}

/// Reads a file for `body`; nil if it can't be read or is empty. Does not map it: another program may shorten the file
/// meanwhile, and reading a mapping beyond the end would end this program.
private func withFileBytes<T>(_ path: String, _ body: (UnsafeRawBufferPointer) -> T) -> T? {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  var status = stat()
  guard fstat(file, &status) == 0, status.st_size > 0 else { return nil }
  return withUnsafeTemporaryAllocation(byteCount: Int(status.st_size), alignment: 16) { buffer in
    let done = readAll(file, into: buffer) ?? 0
    return done == 0 ? nil : body(UnsafeRawBufferPointer(rebasing: buffer[..<done]))
  }
}
