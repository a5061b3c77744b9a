import FoundationEssentials
import Glibc
import SystemCalls
import TextEscapes

/// The bytes of a file, whose name may have any bytes, and one more than the limit where it is larger; nil: unreadable.
func fileContent(_ path: String, most: Int) -> Data? {
  let descriptor = open(PathText.bytes(path), O_RDONLY | O_CLOEXEC | O_NOCTTY)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var content = Data()
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while content.count <= most {
    let count = uninterrupted { read(descriptor, &buffer, min(buffer.count, most + 1 - content.count)) }
    if count < 0 { return nil }
    if count == 0 { break }
    content.append(contentsOf: buffer[..<count])
  }
  return content
}
