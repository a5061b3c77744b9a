/// The kind of a sink's file. It tells the sink's own files from others.
public enum OutputKind: Sendable, Equatable {
  case jsonLines, numPy, wav
  /// With this first line.
  case table(String)

  /// In messages: "PATH is no ...".
  var name: String {
    switch self {
    case .jsonLines: "file of records in JSON lines"
    case .numPy: "NumPy array"
    case .wav: "WAV file"
    case .table(let head): "table with the columns \(head)"
    }
  }

  /// Whether it may go to pipes and terminals: nothing that was written is ever changed.
  var isStream: Bool { self == .jsonLines }

  /// Number of bytes that `recognises` reads from the beginning of a file.
  static let headLength = 4096

  /// Whether a file that begins with `head` is of this kind. A part of the first bytes is enough. Zeros before the
  /// first line, from a power failure or another program's cut, do not matter.
  func recognises(_ head: [UInt8]) -> Bool {
    switch self {
    case .jsonLines:
      let text = head.drop { $0 == 0 }
      return begins(text, with: Array(#"{"kind":"#.utf8)) && (text.count > 0 || head.count < Self.headLength)
    case .numPy: return begins(head[...], with: [0x93] + Array("NUMPY".utf8))
    case .table(let line): return begins(head[...], with: Array("\(line)\n".utf8))
    case .wav:
      let isRiff = begins(head.prefix(4), with: Array("RIFF".utf8))
      return isRiff && (head.count < 9 || begins(head[8...].prefix(4), with: Array("WAVE".utf8)))
    }
  }

  private func begins(_ head: ArraySlice<UInt8>, with text: [UInt8]) -> Bool {
    zip(head, text).allSatisfy { $0 == $1 }
  }
}
