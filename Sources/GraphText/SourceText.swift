import TextEscapes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Why a file's bytes can't be the text of a graph.
struct SourceProblem: Error {
  var code: String
  var message: String
  var line = 1
  var column = 1
}

/// The bytes of a file, up to slightly more than the limit of a graph file.
func readFile(_ path: String) throws(SourceProblem) -> [UInt8] {
  let file = open(PathText.bytes(path), O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw unreadable(errno) }
  defer { close(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while bytes.count <= Limits.fileBytes {
    let count = read(file, &chunk, chunk.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw unreadable(errno) }
    guard count > 0 else { return bytes }
    bytes += chunk[..<count]
  }
  return bytes
}

private func unreadable(_ error: Int32) -> SourceProblem {
  SourceProblem(code: "unreadable", message: "cannot be read: \(String(cString: strerror(error)))")
}

/// The bytes as text, without a byte order mark.
func checkedText(_ bytes: [UInt8]) throws(SourceProblem) -> String {
  guard bytes.count <= Limits.fileBytes else {
    throw SourceProblem(
      code: "too-large", message: "is larger than \(Limits.fileBytes) bytes, the most that a graph file may have")
  }
  let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
  let content = bytes.starts(with: byteOrderMark) ? bytes[3...] : bytes[...]
  guard let text = String(validating: content, as: UTF8.self) else {
    let (line, column) = endPlace(String(decoding: validPrefix(content), as: UTF8.self))
    throw SourceProblem(code: "not-text", message: "is not UTF-8 text", line: line, column: column)
  }
  if let index = text.unicodeScalars.firstIndex(where: { !isAllowed($0) }) {
    let (line, column) = endPlace(String(text.unicodeScalars[..<index]))
    let number = String(text.unicodeScalars[index].value, radix: 16, uppercase: true)
    let padded = String(repeating: "0", count: max(0, 4 - number.count)) + number
    throw SourceProblem(
      code: "not-text", message: "is not text: it has the character U+\(padded)", line: line, column: column)
  }
  return text
}

/// The characters that YAML allows (https://yaml.org/spec/1.1/#id868524).
private func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: true
  default: false
  }
}

/// The bytes before the first one that is not part of valid UTF-8.
private func validPrefix(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  var decoder = UTF8()
  var iterator = bytes.makeIterator()
  var count = 0
  while case .scalarValue(let scalar) = decoder.decode(&iterator) { count += UTF8.width(scalar) }
  return bytes.prefix(count)
}

/// The position after a text; lines and columns from 1.
private func endPlace(_ text: String) -> (line: Int, column: Int) {
  let lines = splitLines(text)
  return (lines.count, (lines.last?.unicodeScalars.count ?? 0) + 1)
}

/// Splits lines as YAML does: at CR LF, CR, LF, NEL, LS and PS.
func splitLines(_ text: String) -> [Substring] {
  let scalars = text.unicodeScalars
  var lines: [Substring] = []
  var start = scalars.startIndex
  var index = start
  while index < scalars.endIndex {
    var next = scalars.index(after: index)
    switch scalars[index].value {
    case 0x0D:
      if next < scalars.endIndex, scalars[next] == "\n" { next = scalars.index(after: next) }
      fallthrough
    case 0x0A, 0x85, 0x2028, 0x2029:
      lines.append(Substring(scalars[start..<index]))
      start = next
    default: break
    }
    index = next
  }
  lines.append(Substring(scalars[start...]))
  return lines
}
