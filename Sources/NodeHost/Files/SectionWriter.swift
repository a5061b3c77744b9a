/// Adds a section to an ELF file that is already linked. The section is not part of the program's memory: nothing that
/// the loader reads changes, so the build id stays, and so does every address.
struct SectionWriter {
  private var table: SectionTable
  private var body: [UInt8]

  /// - Parameter bytes: of the whole file.
  init?(_ bytes: [UInt8], _ file: LibraryFile) {
    guard let table = SectionTable(file), bytes.count == file.size else { return nil }
    self.table = table
    body = bytes
  }

  /// The file with the section, which replaces one of that name. Nil: the table has no room.
  mutating func adding(_ name: String, _ content: [UInt8], segments: [LibraryFile.Segment]) -> [UInt8]? {
    let old = table.named(name)
    guard old.count <= 1, table.count < 0xFF00 else { return nil }
    dropTail(replacing: old.first, segments)
    let index = old.first?.index ?? newHeader(name)
    put(append(content), UInt64(content.count), index)
    put(append(table.names), UInt64(table.names.count), table.namesIndex)
    let place = append(table.headers)
    replace(&body, at: 40, UInt64(place))
    replace(&body, at: 60, UInt16(table.count))
    return body
  }

  /// Removes the tables at the end, which linkers and this writer put there: they are written again.
  private mutating func dropTail(replacing old: SectionTable.Section?, _ segments: [LibraryFile.Segment]) {
    let replaced = [old?.index, table.namesIndex]
    let sections = (0..<table.count).map { table[$0] }
    let others = sections.filter { !replaced.contains($0.index) && $0.type != SectionTable.withoutBytes }
    let kept = others.map { end($0.offset, $0.size) } + segments.map { end($0.offset, $0.size) } + [64]
    let moved = sections.filter { replaced.contains($0.index) }.map(\.offset) + [integer(UInt64.self, body, 40)!]
    guard let end = kept.max(), end <= UInt64(body.count), moved.allSatisfy({ $0 >= end }) else { return }
    body.removeSubrange(Int(end)...)
  }

  private mutating func newHeader(_ name: String) -> Int {
    var header = [UInt8](repeating: 0, count: SectionTable.entry)
    replace(&header, at: 0, UInt32(table.names.count))
    replace(&header, at: 4, SectionTable.content)
    replace(&header, at: 48, UInt64(8))
    table.headers += header
    table.names += Array(name.utf8) + [0]
    return table.count - 1
  }

  private mutating func put(_ offset: Int, _ size: UInt64, _ index: Int) {
    replace(&table.headers, at: index * SectionTable.entry + 24, UInt64(offset))
    replace(&table.headers, at: index * SectionTable.entry + 32, size)
  }

  /// - Returns: where the bytes begin.
  private mutating func append(_ bytes: [UInt8]) -> Int {
    body += [UInt8](repeating: 0, count: (8 - body.count % 8) % 8)
    defer { body += bytes }
    return body.count
  }
}

private func end(_ offset: UInt64, _ size: UInt64) -> UInt64 {
  let (end, isTooFar) = offset.addingReportingOverflow(size)
  return isTooFar ? .max : end
}

private func replace<T: FixedWidthInteger>(_ bytes: inout [UInt8], at place: Int, _ value: T) {
  withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(place..<place + $0.count, with: $0) }
}
