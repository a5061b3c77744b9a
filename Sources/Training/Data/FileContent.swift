import Foundation
import TextEscapes

/// The bytes of a file, whose name may have any bytes, and one more than the limit where it is larger; nil: unreadable.
func fileContent(_ path: String, most: Int) -> Data? {
  let descriptor = open(PathText.bytes(path), O_RDONLY | O_CLOEXEC | O_NOCTTY)
  guard descriptor >= 0 else { return nil }
  let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  do { return try file.read(upToCount: most + 1) ?? Data() } catch { return nil }
}
