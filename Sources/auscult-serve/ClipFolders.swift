import Glibc
import JSONText
import OutputFiles
import Records
import TextEscapes

/// The folders of a run's `sink.clip` nodes. Thread: one that may wait.
struct ClipFolders: Sendable {
  /// Notes that are read for one answer.
  private static let mostNotes = 5000

  let paths: [String]

  init(_ run: Board.Run) { paths = run.outputs(of: "sink.clip") }

  /// The folders of sounds.
  init(sounds: [String]) {
    var seen: Set<String> = []
    paths = sounds.map { LinkedPath.split($0).folder }.filter { seen.insert($0).inserted }
  }

  /// The newest clips.
  func list(machine: String?, most: Int) -> JSONValue {
    var clips: [JSONValue] = []
    for note in notes().prefix(Self.mostNotes) where clips.count < most {
      guard let clip = ClipNote(note: note), machine == nil || clip.machine == machine else { continue }
      clips.append(Self.json(clip))
    }
    return ["clips": .array(clips)]
  }

  /// Paths of all notes, the newest first.
  private func notes() -> [String] {
    var notes: [(path: String, time: timespec)] = []
    for folder in paths {
      for name in (try? ClipNote.names(in: folder)) ?? [] where name.utf8.suffix(5).elementsEqual(".json".utf8) {
        var status = stat()
        let path = "\(folder)/\(name)"
        guard lstat(PathText.bytes(path), &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
        notes.append((path, status.st_mtim))
      }
    }
    notes.sort { ($0.time.tv_sec, $0.time.tv_nsec, $0.path) > ($1.time.tv_sec, $1.time.tv_nsec, $1.path) }
    return notes.map(\.path)
  }

  private static func json(_ clip: ClipNote) -> JSONValue {
    let note = clip.note
    return [
      "file": .text(String(LinkedPath.split(clip.path).name)), "machine": note["machine"] ?? .null,
      "time": note["time"] ?? .null, "begin": note["begin"] ?? .null, "end": note["end"] ?? .null,
      "rate": note["rate"] ?? .null, "seconds": clip.seconds.map { .number($0) } ?? .null,
      "bytes": .integer(Int64(clip.size)), "reason": note["reason"] ?? .null, "event": note["event"] ?? .null,
    ]
  }

  /// The sound of a clip.
  ///
  /// - Parameter name: from outside; only the name of a clip that the list may have is one.
  func open(_ name: String) -> SoundFile? { path(name).flatMap { SoundFile($0) } }

  /// The path of a clip.
  func path(_ name: String) -> String? {
    guard Self.isFileName(name) else { return nil }
    // The name of the note follows from the sound's, and the note must name that sound.
    return paths.map { "\($0)/\(name)" }.first { ClipNote(note: ClipNote.notePath(of: $0))?.path == $0 }
  }

  private static func isFileName(_ name: String) -> Bool {
    name.isPlain(most: 255) && !name.utf8.contains(UInt8(ascii: "/")) && !name.hasPrefix(".")
  }
}

/// A sound that is open to be sent.
final class SoundFile: Sendable {
  let descriptor: Int32
  let size: Int
  let type: String

  /// Nil: it is no regular file, or can't be read. A link is none.
  init?(_ path: String) {
    descriptor = Glibc.open(PathText.bytes(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW)
    var status = stat()
    let isRegular = descriptor >= 0 && fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    size = Int(status.st_size)
    type = path.hasSuffix(".wav") ? "audio/wav" : "audio/flac"
    if !isRegular { return nil }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Bytes from an offset; nil: they can't be read.
  func read(at offset: Int, most: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: most)
    let count = pread(descriptor, &bytes, most, off_t(offset))
    return count > 0 ? Array(bytes.prefix(count)) : nil
  }
}
