import Glibc
import OutputFiles
import SoundFiles
import TextEscapes

/// Writes one clip: to a draft with a name of its own, in pieces, and renames it when all is there. A reader never sees
/// half a clip under a clip's name, whatever happens.
final class ClipWriter {
  /// The ending of drafts: `.NAME.draft`.
  static let draftEnding = ".draft"

  /// Whether a name is that of a draft of a sound, or of its note.
  static func isDraft(_ name: String) -> Bool {
    let endings = SoundFormat.allCases.map { "." + $0.rawValue } + [draftEnding + ".json"]
    return name.utf8.first == UInt8(ascii: ".") && endings.contains { name.hasSuffix($0 + draftEnding) }
  }

  private let clip: OpenClip
  private let folder: ClipFolder
  private let format: SoundFormat
  private let rate: Int
  private let draft: String
  private let descriptor: Int32
  private let sound: SoundWriter
  /// Frames written.
  private var done = 0
  private var hasName = false

  /// Samples that the format could not hold.
  var clipped: Int { sound.clipped }

  init(_ clip: OpenClip, folder: ClipFolder, format: SoundFormat, rate: Int) throws(FileProblem) {
    self.clip = clip
    self.folder = folder
    self.format = format
    self.rate = rate
    let draft = "\(folder.path)/.\(clip.stem).\(format.rawValue)\(Self.draftEnding)"
    let descriptor = try ClipWriter.open(draft)
    do throws(FileProblem) {
      sound = try SoundWriter(
        descriptor, path: draft, format: format, rate: rate, channels: clip.channels.count,
        title: "\(clip.reason) \(clip.event.id ?? "") of \(clip.event.machine ?? clip.event.node)", time: clip.time)
    } catch {
      unlink(PathText.bytes(draft))
      close(descriptor)
      throw error
    }
    (self.draft, self.descriptor) = (draft, descriptor)
  }

  deinit {
    sound.abandon()
    if !hasName { unlink(PathText.bytes(draft)) }
    close(descriptor)
  }

  private static func open(_ draft: String) throws(FileProblem) -> Int32 {
    let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK
    let descriptor = Glibc.open(PathText.bytes(draft), flags, 0o644)
    guard descriptor >= 0 else { throw FileProblem("open", draft, errno) }
    var problem: FileProblem?
    if case .held(let holder) = FileLock.take(descriptor) {
      problem = FileProblem(
        "\(draft) is being written \(FileLock.words(holder)): give one of the two another folder", code: EBUSY)
    } else if ftruncate(descriptor, 0) != 0 {
      problem = FileProblem("shorten", draft, errno)
    }
    guard let problem else { return descriptor }
    close(descriptor)
    throw problem
  }

  /// Writes up to `most` frames more; true: that was all, and the clip has its name.
  func write(most: Int) throws(FileProblem) -> Bool {
    let channels = clip.channels.count
    let frames = clip.samples.count / channels
    let count = min(most, frames - done)
    try sound.write(clip.samples[(done * channels)..<((done + count) * channels)])
    done += count
    guard done == frames else { return false }
    try sound.finish()
    guard fdatasync(descriptor) == 0 else { throw FileProblem("write", draft, errno) }
    try folder.publish(draft, clip, format, rate: rate, clipped: sound.clipped)
    hasName = true
    return true
  }
}
