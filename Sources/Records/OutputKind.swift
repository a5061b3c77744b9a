/// What a sink writes: by this it tells its own files from others.
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

  /// Takes pipes and terminals as well: nothing of it is ever rewritten.
  var isStream: Bool { self == .jsonLines }

  /// How many bytes of a file's begin `recognises` looks at.
  static let headLength = 4096

  /// Whether a file that begins so is of the kind; a part of its first bytes is enough. What a power failure or another
  /// program's cut has left, zeros before the first line, is no other kind.
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
