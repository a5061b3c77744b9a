import Glibc
import OutputFiles
import TextEscapes

/// The numbered parts that an output has written itself, in a hidden file in the same folder, `.NAME.parts`: number,
/// size and time of last change of each. Parts that are not listed there, or have changed since, are never deleted.
struct OutputLedger {
  struct Part: Equatable {
    var number: Int
    var size: Int
    /// Nanoseconds since the Unix epoch.
    var changed: Int64

    init(number: Int, _ status: stat) {
      self.number = number
      size = Int(status.st_size)
      changed = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }

    fileprivate init?(_ line: Substring) {
      let words = line.split(separator: " ")
      guard words.count == 4, words[0] == "part", let number = Int(words[1]), number > 0, let size = Int(words[2]),
        let changed = Int64(words[3])
      else { return nil }
      (self.number, self.size, self.changed) = (number, size, changed)
    }
  }

  /// In the order of their numbers.
  private(set) var parts: [Part] = []
  /// The inode of the unfinished file, if this output began it.
  private(set) var begun: UInt64?
  private let path: String

  init(of file: String) {
    let (folder, name) = LinkedPath.split(file)
    path = "\(folder)/.\(name).parts"
    for line in OutputLedger.text(path).split(separator: "\n") {
      if let part = Part(line) { parts.append(part) }
      if line.utf8.starts(with: "begun ".utf8) { begun = UInt64(line.dropFirst(6)) }
    }
    parts.sort { $0.number < $1.number }
  }

  mutating func begin(_ status: stat) {
    begun = UInt64(status.st_ino)
    save()
  }

  mutating func finish(_ part: Part) {
    parts.append(part)
    begun = nil
    save()
  }

  mutating func remove(_ part: Part) { parts.removeAll { $0 == part } }

  /// Writes the whole file or nothing. If that fails, the parts stay known until the program ends.
  func save() {
    var text = parts.map { "part \($0.number) \($0.size) \($0.changed)\n" }.joined()
    if let begun { text += "begun \(begun)\n" }
    let temporary = path + ".new"
    let descriptor = open(PathText.bytes(temporary), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { return }
    let bytes = Array(text.utf8)
    let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, bytes.count) }
    close(descriptor)
    if count == bytes.count {
      rename(PathText.bytes(temporary), PathText.bytes(path))
    } else {
      unlink(PathText.bytes(temporary))
    }
  }

  private static func text(_ path: String) -> String {
    let descriptor = open(PathText.bytes(path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    while bytes.count < 1 << 24 {
      let count = read(descriptor, &piece, piece.count)
      guard count > 0 else { break }
      bytes += piece[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
