import Foundation
import TextEscapes

/// The bytes of a file, whatever bytes its name has, and one more than the most where it is larger; nil: it can't be read.
func fileContent(_ path: String, most: Int) -> Data? {
  let descriptor = open(PathText.bytes(path), O_RDONLY | O_CLOEXEC | O_NOCTTY)
  guard descriptor >= 0 else { return nil }
  let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  do { return try file.read(upToCount: most + 1) ?? Data() } catch { return nil }
}
