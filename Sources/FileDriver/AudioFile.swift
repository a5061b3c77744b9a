import CSndFile
import CStreams
import FoundationEssentials
import Glibc
import GraphText
import OutputFiles
import Synchronization
import SystemCalls
import TextEscapes

/// An audio file that cannot be read: which one, why, and the next step.
public struct AudioFileError: Error, Sendable, Equatable, CustomStringConvertible {
  public var path: String
  public var text: String

  public init(path: String, text: String) {
    self.path = path
    self.text = text
  }

  public var description: String { "\(path.shown): \(text)" }
}

/// An audio file that is open for reading: WAV, RF64, W64, FLAC, AIFF, Ogg and every other format that libsndfile detects
/// from the content (the extension of the name is ignored).
///
/// Samples are float32, with full scale at 1 for integer formats. The header is not trusted: its values are checked, and no
/// memory depends on the length that it announces. Use it from one thread at a time.
public final class AudioFile {
  public static let channelRange = 1...1024
  public static let rateRange = 1...16_000_000

  public let path: String
  /// Frames per second.
  public let rate: Int
  public let channels: Int
  /// Bytes of a sample in the file; nil: compressed.
  public let sampleWidth: Int?
  /// The length in the header, corrected by the file's length if the format allows; for progress only.
  public let announcedFrames: Int64
  /// Frames read so far.
  public private(set) var framesRead: Int64 = 0
  /// Defects of the file that do not prevent reading; one line each, complete after the last frame.
  public private(set) var warnings: [String] = []
  let file: OpaquePointer
  private var hasEnded = false

  /// Opens a file and checks its header.
  public init(path: String) throws(AudioFileError) {
    self.path = path
    let descriptor = try AudioFile.open(path)
    var info = SF_INFO()
    let (opened, refusal) = openings.withLock { _ in
      let opened = hushed { sf_open_fd(descriptor, Int32(SFM_READ), &info, 1) }
      return (opened, opened == nil ? AudioFile.refusal(path, info) : "")
    }
    guard let file = opened else { throw AudioFileError(path: path, text: refusal) }
    self.file = file
    rate = Int(info.samplerate)
    channels = Int(info.channels)
    sampleWidth = AudioFile.sampleWidth(info.format)
    announcedFrames = max(0, info.frames)
    if let problem = AudioFile.problem(info) {
      _ = hushed { sf_close(file) }
      throw AudioFileError(path: path, text: problem)
    }
    if let warning = AudioFile.truncation(log(of: file)) { warnings.append(warning) }
  }

  deinit { _ = hushed { sf_close(file) } }

  /// Reads up to `frames` frames, interleaved, into memory for `frames * channels` samples. Returns the number of frames; 0
  /// at the end. Damaged data end the file there, with a warning.
  public func read(_ samples: UnsafeMutablePointer<Float>, frames: Int) -> Int {
    if hasEnded { return 0 }
    let count = Int(max(0, hushed { sf_readf_float(file, samples, sf_count_t(frames)) }))
    framesRead += Int64(count)
    if count < frames { end() }
    return count
  }

  /// Goes to a frame, from which `read` continues; false: the format can't do that.
  public func seek(to frame: Int64) -> Bool { sf_seek(file, sf_count_t(frame), Int32(SEEK_SET)) == sf_count_t(frame) }

  private func end() {
    hasEnded = true
    if sf_error(file) != SF_ERR_NO_ERROR {
      let reason = String(cString: sf_strerror(file))
      warnings.append(
        "the data is damaged after frame \(framesRead) of \(announcedFrames) (\(trimmed(reason))); "
          + "the frames before are used")
    } else if framesRead == 0 {
      warnings.append("holds no samples; if it should, its recorder did not finish the header")
    } else if framesRead < announcedFrames {
      warnings.append("ends after frame \(framesRead), its header announces \(announcedFrames); the rest is missing")
    }
  }
}

extension AudioFile {
  private static func open(_ path: String) throws(AudioFileError) -> Int32 {
    var status = stat()
    guard stat(PathText.bytes(path), &status) == 0 else {
      throw AudioFileError(path: path, text: "\(systemReason()); check the path")
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw AudioFileError(path: path, text: "is a folder; give the files in it, as in \(path)/*.wav")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw AudioFileError(path: path, text: "is a device or a pipe; only files on a disk can be read")
    }
    guard status.st_size > 0 else { throw AudioFileError(path: path, text: "is empty (0 bytes)") }
    let descriptor = Glibc.open(PathText.bytes(path), O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw AudioFileError(path: path, text: systemReason()) }
    // While the file is read, no output of Auscult replaces it. A file that an output writes now can still be read.
    FileLock.markRead(descriptor)
    return descriptor
  }

  /// Why libsndfile did not open the file, and the next step.
  private static func refusal(_ path: String, _ info: SF_INFO) -> String {
    let reason = trimmed(String(cString: sf_strerror(nil)))
    let log = log(of: nil)
    if log.contains("Channels      : 0") { return "its header says 0 channels; repair the file or record it again" }
    if reason.hasPrefix("Internal error") || reason.hasPrefix("Error") {
      return "its header is broken (\(reason)); repair it, or convert it with sox or ffmpeg"
    }
    return "cannot be read as audio (\(reason)); it takes WAV, FLAC, AIFF, Ogg, W64, RF64 and MP3"
  }

  private static func problem(_ info: SF_INFO) -> String? {
    if !channelRange.contains(Int(info.channels)) {
      return "its header says \(info.channels) channels; 1 to \(channelRange.upperBound) can be read"
    }
    if !rateRange.contains(Int(info.samplerate)) {
      return "its header says \(info.samplerate) frames per second; 1 to \(rateRange.upperBound) can be read"
    }
    return nil
  }

  private static func sampleWidth(_ format: Int32) -> Int? {
    switch format & Int32(SF_FORMAT_SUBMASK) {
    case Int32(SF_FORMAT_PCM_S8), Int32(SF_FORMAT_PCM_U8), Int32(SF_FORMAT_ULAW), Int32(SF_FORMAT_ALAW): 1
    case Int32(SF_FORMAT_PCM_16): 2
    case Int32(SF_FORMAT_PCM_24): 3
    case Int32(SF_FORMAT_PCM_32), Int32(SF_FORMAT_FLOAT): 4
    case Int32(SF_FORMAT_DOUBLE): 8
    default: nil
    }
  }

  /// A warning if the RIFF data chunk is longer than the file, by libsndfile's log: the file was cut short.
  ///
  /// Recorders that write to a pipe do not know the length and write the greatest number instead; that is no damage.
  static func truncation(_ log: String) -> String? {
    for line in log.split(separator: "\n") where line.hasPrefix("data : ") {
      let words = line.split(separator: " ")
      guard words.count == 6, words[3] == "(should", let announced = Int(words[2]),
        let present = Int(words[5].dropLast()), present < announced, announced < 0x7fff_f000
      else { continue }
      return "is cut short: its header announces \(announced) bytes of samples; the present \(present) are used"
    }
    return nil
  }
}

/// libsndfile has one error text for all threads for files that it could not open.
private let openings = Mutex<Void>(())

/// Silences the messages that libsndfile's decoders print about damaged files; `warnings` reports the damage once.
private func hushed<T>(_ body: () -> T) -> T {
  streams_hush()
  defer { streams_unhush() }
  return body()
}

private func log(of file: OpaquePointer?) -> String {
  let text = [CChar](unsafeUninitializedCapacity: 8192) { buffer, count in
    buffer.initialize(repeating: 0)
    sf_command(file, Int32(SFC_GET_LOG_INFO), buffer.baseAddress, Int32(buffer.count - 1))
    count = buffer.count
  }
  return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
}

private func trimmed(_ text: String) -> String {
  var text = Substring(text)
  while let last = text.last, last == "." || last.isWhitespace { text.removeLast() }
  return String(text)
}
