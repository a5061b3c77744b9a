import Glibc
import TextEscapes

/// The way from a page to a recording: a relative link, so that a folder with both can be copied elsewhere.
public struct SoundLink: Sendable {
  /// The relative address, safe in an attribute.
  public let address: String
  /// Whether browsers play such files.
  public let isPlayable: Bool

  private static let played = [".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus"]

  /// Nil where there is no such file.
  ///
  /// - Parameters:
  ///   - path: the recording.
  ///   - folder: where the page lies.
  public init?(to path: String, from folder: String) {
    var status = stat()
    guard stat(PathText.bytes(path), &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      let file = Self.parts(path), let page = Self.parts(folder)
    else { return nil }
    let common = zip(file, page).prefix { $0.unicodeScalars.elementsEqual($1.unicodeScalars) }.count
    let up = [String](repeating: "..", count: page.count - common)
    address = URLText.path((up + file[common...]).joined(separator: "/"))
    let name = path.lowercased()
    isPlayable = Self.played.contains { name.hasSuffix($0) }
  }

  /// The names of an absolute path without `.` and `..`. Like a browser, it does not follow symbolic links.
  private static func parts(_ path: String) -> [String]? {
    var whole = path
    if !path.hasPrefix("/") {
      guard let pointer = getcwd(nil, 0) else { return nil }
      defer { free(pointer) }
      whole = PathText.text(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer))) + "/" + path
    }
    var parts: [String] = []
    // By scalars: a slash with an accent is a slash.
    for part in whole.unicodeScalars.split(separator: "/") {
      switch String(part) {
      case ".": break
      case "..": _ = parts.popLast()
      case let name: parts.append(name)
      }
    }
    return parts
  }
}
