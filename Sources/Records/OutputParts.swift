import Glibc
import OutputFiles
import TextEscapes

/// The numbered parts of an output: NAME.1.EXT, NAME.2.EXT and so on, in the folder of the current file.
struct OutputParts {
  let path: String
  let keep: KeepLimit?
  private var ledger: OutputLedger

  /// - Parameter path: the current file, with links resolved.
  init(of path: String, keep: KeepLimit?) {
    self.path = path
    self.keep = keep
    ledger = OutputLedger(of: path)
  }

  /// Path of a finished part. The number comes before the extension, so that the same programs open it.
  static func part(_ number: Int, of path: String) -> String {
    let (stem, ending) = split(path)
    return "\(stem).\(number)\(ending)"
  }

  /// "a/b.c" -> "a/b", ".c". Works on bytes, because file names are bytes.
  private static func split(_ path: String) -> (stem: String, ending: String) {
    let bytes = path.utf8
    let name = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
    guard let dot = bytes[name...].lastIndex(of: UInt8(ascii: ".")), dot > name else { return (path, "") }
    return (String(path[..<dot]), String(path[dot...]))
  }

  /// Notes that this output has begun a file of its own at its path.
  mutating func begin(_ status: stat) {
    if keep != nil { ledger.begin(status) }
  }

  /// Renames the current file to the number after the highest existing one, of any program. Replaces nothing.
  ///
  /// - Parameter isOwn: this run wrote the file. An earlier file counts as a part of this output only if that is known.
  /// - Returns: the path of the part.
  mutating func finish(_ descriptor: Int32, isOwn: Bool) throws(FileProblem) -> String {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileProblem("rename", path, errno) }
    var number = highest()
    while true {
      number += 1
      let name = OutputParts.part(number, of: path)
      if FileIdentity.rename(path, to: name) {
        if isOwn || ledger.begun == UInt64(status.st_ino) {
          ledger.finish(OutputLedger.Part(number: number, status))
        }
        return name
      }
      guard errno == EEXIST else { throw FileProblem("rename", path, errno) }
    }
  }

  /// Deletes the oldest parts until the rest is within the limits.
  ///
  /// - Parameter size: bytes of the current file and of the data to be added.
  mutating func trim(size: Int) {
    guard let keep else { return }
    let present = ledger.parts.filter { isUnchanged($0) }
    var count = present.count
    var total = present.reduce(size) { $0 + $1.size }
    var hasChanged = false
    for part in present where count > keep.parts ?? .max || total > keep.bytes ?? .max {
      guard delete(part) else { continue }
      ledger.remove(part)
      count -= 1
      total -= part.size
      hasChanged = true
    }
    if hasChanged { ledger.save() }
  }

  private func isUnchanged(_ part: OutputLedger.Part) -> Bool {
    var status = stat()
    return lstat(PathText.bytes(OutputParts.part(part.number, of: path)), &status) == 0
      && status.st_mode & S_IFMT == S_IFREG
      && OutputLedger.Part(number: part.number, status) == part
  }

  /// Deletes a part, unless another output or a reading run holds it.
  private func delete(_ part: OutputLedger.Part) -> Bool {
    let name = OutputParts.part(part.number, of: path)
    let descriptor = open(PathText.bytes(name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, OutputLedger.Part(number: part.number, status) == part,
      case .taken = FileLock.take(descriptor), !FileLock.isRead(descriptor)
    else { return false }
    return unlink(PathText.bytes(name)) == 0
  }

  /// The bytes of a file name.
  private static func bytes(_ name: String) -> [UInt8] { PathText.bytes(name).dropLast().map { UInt8(bitPattern: $0) } }

  /// The highest number of a part that exists or was written.
  private func highest() -> Int {
    var highest = ledger.parts.last?.number ?? 0
    let (folder, _) = LinkedPath.split(path)
    let (stem, ending) = OutputParts.split(path)
    let prefix = OutputParts.bytes("\(LinkedPath.split(stem).name).")
    let suffix = OutputParts.bytes(ending)
    guard let list = opendir(PathText.bytes(folder)) else { return highest }
    defer { closedir(list) }
    while let entry = readdir(list) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard name.count > prefix.count + suffix.count, name.starts(with: prefix),
        name.suffix(suffix.count).elementsEqual(suffix),
        let number = Int(String(decoding: name.dropFirst(prefix.count).dropLast(suffix.count), as: UTF8.self)),
        number < Int.max / 2
      else { continue }
      highest = max(highest, number)
    }
    return highest
  }
}
