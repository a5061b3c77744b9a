import SystemCalls

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A 64-bit ELF file, little-endian, of which only pieces are read. It is not mapped: another program may shorten the
/// file meanwhile, and reading a mapping beyond the end would end this program.
struct LibraryFile {
  struct Segment {
    var type: UInt32
    var offset: UInt64
    var size: UInt64
  }

  /// The most bytes of headers or notes that are read. Real ones have some hundreds.
  private static let mostPiece = 1 << 20

  private let descriptor: Int32
  let size: Int
  private let head: [UInt8]

  /// - Returns: what `body` returns; nil if the file can't be read or is empty.
  static func read<T>(_ path: String, _ body: (LibraryFile) -> T?) -> T? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size > 0 else { return nil }
    return body(LibraryFile(descriptor: descriptor, size: Int(status.st_size)))
  }

  private init(descriptor: Int32, size: Int) {
    self.descriptor = descriptor
    self.size = size
    head = LibraryFile.piece(descriptor, size, at: 0, count: 64) ?? []
  }

  var isELF: Bool { head.count == 64 && head.prefix(6).elementsEqual([0x7F, 0x45, 0x4C, 0x46, 2, 1]) }

  func header<T: FixedWidthInteger>(_ type: T.Type, _ offset: Int) -> T? { integer(type, head, offset) }

  /// Nil: there are none, or the file ends before them.
  var segments: [Segment]? {
    guard let offset = header(UInt64.self, 32), offset > 0, let entry = header(UInt16.self, 54),
      let count = header(UInt16.self, 56),
      let bytes = piece(at: Int(clamping: offset), count: Int(entry) * Int(count))
    else { return nil }
    var segments: [Segment] = []
    for index in 0..<Int(count) {
      let place = index * Int(entry)
      guard let type = integer(UInt32.self, bytes, place), let offset = integer(UInt64.self, bytes, place + 8),
        let size = integer(UInt64.self, bytes, place + 32)
      else { return nil }
      segments.append(Segment(type: type, offset: offset, size: size))
    }
    return segments
  }

  /// The build id from the notes, in hexadecimal.
  var gnuBuildID: String? {
    guard isELF else { return nil }
    for segment in segments ?? [] where segment.type == 4 {
      guard let notes = piece(at: Int(clamping: segment.offset), count: Int(clamping: segment.size)),
        let id = noteBuildID(notes)
      else { continue }
      return id
    }
    return nil
  }

  /// FNV-1a of the whole file, or of what could be read of it; nil: nothing could.
  var hash: UInt64? {
    var hash = fnvBasis
    var offset = 0
    while offset < size {
      guard let bytes = piece(at: offset, count: min(1 << 16, size - offset)) else { return offset > 0 ? hash : nil }
      hash = fnv1a(bytes[...], from: hash)
      offset += bytes.count
    }
    return hash
  }

  /// Bytes of the file; nil: none, more than headers or notes may have, or the file ends before them.
  func piece(at offset: Int, count: Int) -> [UInt8]? {
    LibraryFile.piece(descriptor, size, at: offset, count: count)
  }

  private static func piece(_ descriptor: Int32, _ size: Int, at offset: Int, count: Int) -> [UInt8]? {
    guard offset >= 0, count > 0, count <= mostPiece, offset <= size - count else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = bytes.withUnsafeMutableBytes { buffer in
        uninterrupted { pread(descriptor, buffer.baseAddress! + done, count - done, off_t(offset + done)) }
      }
      guard got > 0 else { return nil }
      done += got
    }
    return bytes
  }
}

/// The build id among notes. A note has: size of the name, size of the content, type; then name and content, each
/// padded to 4 bytes.
private func noteBuildID(_ notes: [UInt8]) -> String? {
  var place = 0
  while let nameSize = integer(UInt32.self, notes, place), let contentSize = integer(UInt32.self, notes, place + 4),
    let type = integer(UInt32.self, notes, place + 8)
  {
    let name = place + 12
    let content = name + (Int(nameSize) + 3) & ~3
    let end = content + Int(contentSize)
    guard end <= notes.count else { return nil }
    if type == 3, nameSize == 4, notes[name..<name + 4].elementsEqual("GNU\0".utf8) {
      return notes[content..<end].map { hexadecimal($0) }.joined()
    }
    place = content + (Int(contentSize) + 3) & ~3
  }
  return nil
}

private let fnvBasis: UInt64 = 0xcbf2_9ce4_8422_2325

/// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): finds damage, not malice.
func fnv1a(_ bytes: ArraySlice<UInt8>, from hash: UInt64 = fnvBasis) -> UInt64 {
  bytes.reduce(hash) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
}

/// A little-endian number; nil: the bytes end before it.
func integer<T: FixedWidthInteger>(_ type: T.Type, _ bytes: [UInt8], _ offset: Int) -> T? {
  guard offset >= 0, offset <= bytes.count - MemoryLayout<T>.size else { return nil }
  return bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
}

func hexadecimal<T: FixedWidthInteger>(_ value: T) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: T.bitWidth / 4 - digits.count) + digits
}
