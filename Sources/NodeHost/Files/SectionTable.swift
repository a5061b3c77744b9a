/// The section headers of a 64-bit ELF file, and their names. Every offset and size in them may be a lie.
struct SectionTable {
  struct Section {
    var index: Int
    var type: UInt32
    var flags: UInt64
    var offset: UInt64
    var size: UInt64
  }

  static let entry = 64
  /// `SHT_PROGBITS`: bytes whose meaning their author defines.
  static let content: UInt32 = 1
  /// `SHT_NOBITS`: takes no room in the file.
  static let withoutBytes: UInt32 = 8

  /// As in the file, `entry` bytes each.
  var headers: [UInt8]
  /// Index of the section with the names.
  let namesIndex: Int
  var names: [UInt8]

  /// Nil: the file has no table, or ends before it.
  init?(_ file: LibraryFile) {
    guard file.isELF, let offset = file.header(UInt64.self, 40), let size = file.header(UInt16.self, 58),
      let count = file.header(UInt16.self, 60), let index = file.header(UInt16.self, 62), Int(size) == Self.entry,
      let headers = file.piece(at: Int(clamping: offset), count: Self.entry * Int(count)), index < count
    else { return nil }
    self.headers = headers
    namesIndex = Int(index)
    names = []
    let place = self[namesIndex]
    guard let names = file.piece(at: Int(clamping: place.offset), count: Int(clamping: place.size)) else { return nil }
    self.names = names
  }

  var count: Int { headers.count / Self.entry }

  /// - Precondition: `index < count`.
  subscript(index: Int) -> Section {
    let place = index * Self.entry
    return Section(
      index: index, type: integer(UInt32.self, headers, place + 4)!, flags: integer(UInt64.self, headers, place + 8)!,
      offset: integer(UInt64.self, headers, place + 24)!, size: integer(UInt64.self, headers, place + 32)!)
  }

  /// The sections with a name. A sound file has one at most.
  func named(_ name: String) -> [Section] {
    let wanted = Array(name.utf8) + [0]
    return (0..<count).filter { index in
      let place = Int(integer(UInt32.self, headers, index * Self.entry)!)
      return place <= names.count && names[place...].starts(with: wanted)
    }.map { self[$0] }
  }
}
