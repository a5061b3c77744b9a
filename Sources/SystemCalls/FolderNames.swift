import Glibc
import TextEscapes

/// The names in a folder, in the system's order, without `.` and `..`. Names that are not UTF-8 are as `PathText` writes
/// them. Nil: it can't be read; `errno` says why. Thread: any.
public func folderNames(_ path: String) -> [String]? {
  guard let folder = opendir(PathText.bytes(path)) else { return nil }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    // Longer than the field says on some file systems: it is read where it lies.
    let name = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
    let length = strlen(name.assumingMemoryBound(to: CChar.self))
    names.append(PathText.text(UnsafeRawBufferPointer(start: name, count: length)))
  }
  return names.filter { $0 != "." && $0 != ".." }
}
