import Glibc
import JSONText
import OutputFiles
import SystemCalls
import TextEscapes

/// What is known of a clip: the JSON file beside it, with the same name. Members: `kind` (`clip`), `reason` (`alarm`, or the
/// moment that it is: `quietest`, `typical`), `id` of the alarm,
/// `clip` (the sound's file), `graph`, `node`, `channel`, `machine`, `begin` and `end` (driver frame positions), `rate`
/// (driver frames a second), `time` (of the first sample, where it is known), `file`, `model`, `format`, `samples`,
/// `sample_rate`, `gaps`, `event` (the alarm's first record) and `ended` (its last).
public struct ClipNote: Sendable {
  /// Path of the sound.
  public var path: String
  /// Bytes of sound and note.
  public var size: Int
  /// Nanoseconds since the Unix epoch at which the sound was written.
  public var written: Int64
  public var note: JSONValue

  public var id: String? { note["id"]?.text }
  public var machine: String? { note["machine"]?.text }
  /// Nanoseconds since the Unix epoch at its first sample.
  public var time: Int64? { note["time"]?.text.flatMap { wallTime($0.utf8) } }
  public var seconds: Double? {
    guard let samples = note["samples"]?.integer, let rate = note["sample_rate"]?.integer, rate > 0 else { return nil }
    return Double(samples) / Double(rate)
  }

  /// The sounds that `sink.clip` writes.
  private static let endings = [".flac", ".wav"]

  /// The largest note that is read.
  static let mostBytes = 1 << 20

  /// The path of a sound's note.
  public static func notePath(of sound: String) -> String {
    let (folder, name) = LinkedPath.split(sound)
    let stem = name.utf8.lastIndex(of: UInt8(ascii: ".")).map { String(name[..<$0]) } ?? String(name)
    return "\(folder)/\(stem).json"
  }

  /// The clip of a note's file; nil: it is no note of ours, or its sound is missing.
  public init?(note path: String) {
    guard let bytes = WholeFile.read(path, most: Self.mostBytes, followsLinks: false),
      let note = try? JSONValue(parsing: bytes), note["kind"]?.text == "clip",
      let name = note["clip"]?.text, !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")), name != "..", name != "."
    else { return nil }
    let sound = LinkedPath.split(path).folder + "/" + name
    // A copy of a note, or a forged one, must not have the sound of another clip deleted, nor any other file.
    let own = LinkedPath.split(Self.notePath(of: sound)).name
    guard own == LinkedPath.split(path).name, Self.endings.contains(where: { name.hasSuffix($0) }) else { return nil }
    var status = stat()
    guard lstat(PathText.bytes(sound), &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    self.path = sound
    self.note = note
    size = Int(status.st_size) + bytes.count
    written = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
  }

  /// All clips of a folder, by time written, then by name.
  ///
  /// - Throws: the folder can't be read.
  public static func all(in folder: String) throws(FileProblem) -> [ClipNote] {
    try names(in: folder).filter { $0.utf8.suffix(5).elementsEqual(".json".utf8) }
      .compactMap { ClipNote(note: "\(folder)/\($0)") }
      .sorted { ($0.written, $0.path) < ($1.written, $1.path) }
  }

  /// The names in a folder.
  public static func names(in folder: String) throws(FileProblem) -> [String] {
    guard let names = folderNames(folder) else { throw FileProblem("open", folder, errno) }
    return names
  }

  /// Deletes the sound, then the note.
  public func delete() {
    unlink(PathText.bytes(path))
    unlink(PathText.bytes(Self.notePath(of: path)))
  }
}
