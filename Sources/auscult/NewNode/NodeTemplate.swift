/// A file of a new node, with words such as `@NAME@` to replace.
struct NodeTemplate {
  /// Relative to the node's folder.
  let path: String
  let isProgram: Bool
  private let text: String

  init(_ path: String, _ bytes: [UInt8], isProgram: Bool = false) {
    self.path = path
    self.isProgram = isProgram
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// The file's content.
  ///
  /// - Parameter words: the value of each word, without its `@`. A value is not searched for words again.
  func filled(_ words: [String: String]) -> [UInt8] {
    var result = ""
    // A word is a part between two `@`. Other parts, such as `"$@"`, stay.
    var parts = text.split(separator: "@", omittingEmptySubsequences: false)[...]
    while let part = parts.popFirst() {
      result += part
      guard let next = parts.first else { break }
      if parts.count > 1, let value = words[String(next)] {
        result += value
        parts.removeFirst()
      } else {
        result += "@"
      }
    }
    return Array(result.utf8)
  }
}
