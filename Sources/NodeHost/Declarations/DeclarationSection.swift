/// The section `.auscult` of a library: what it declares, for those who must not run its code. `auscult declare` writes
/// it.
///
/// Little-endian: 8 bytes `auscult` and NUL, version (4), bytes of the text (4), FNV-1a of the text (8); then the text,
/// JSON as `LibraryDeclaration` says. docs/DECLARATIONS.md describes it.
enum DeclarationSection {
  static let name = ".auscult"
  static let mostBytes = 1 << 20
  private static let magic = Array("auscult\0".utf8)
  private static let version: UInt32 = 1
  private static let head = 24
  /// `SHF_WRITE`, `SHF_EXECINSTR`.
  private static let refusedFlags: UInt64 = 1 | 4

  static func wrap(_ text: [UInt8]) -> [UInt8] {
    magic + bytes(version) + bytes(UInt32(text.count)) + bytes(fnv1a(text[...])) + text
  }

  /// The text in a file.
  ///
  /// - Returns: nil: the file has no such section.
  /// - Throws: why the section can't be used.
  static func text(_ file: LibraryFile) throws(DeclarationProblem) -> [UInt8]? {
    guard let sections = SectionTable(file)?.named(name), !sections.isEmpty else { return nil }
    guard sections.count == 1 else { throw DeclarationProblem("the file has \(sections.count) of it") }
    let section = sections[0]
    guard section.type == SectionTable.content else { throw DeclarationProblem("it holds no content") }
    guard section.flags & refusedFlags == 0 else {
      throw DeclarationProblem("it is writable or executable")
    }
    guard section.size <= UInt64(mostBytes) else {
      throw DeclarationProblem("it is larger than \(mostBytes >> 20) MiB")
    }
    guard let content = file.piece(at: Int(clamping: section.offset), count: Int(section.size))
    else { throw DeclarationProblem("it is empty, or ends beyond the file") }
    return try unwrap(content)
  }

  private static func unwrap(_ content: [UInt8]) throws(DeclarationProblem) -> [UInt8] {
    guard content.count >= head, content.starts(with: magic) else {
      throw DeclarationProblem("it begins with other bytes")
    }
    guard integer(UInt32.self, content, 8) == version else { throw DeclarationProblem("its version is not known here") }
    let text = content[head...]
    guard let length = integer(UInt32.self, content, 12), Int(length) == text.count,
      integer(UInt64.self, content, 16) == fnv1a(text)
    else { throw DeclarationProblem("its length or checksum is wrong") }
    return Array(text)
  }

  private static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

/// Why the declarations in a file can't be used.
struct DeclarationProblem: Error {
  var text: String

  init(_ text: String) { self.text = text }
}
