import CSndFile
import Glibc
import NodeKit
import Records

/// One WAV file that is being written; its header is kept true while it grows.
///
/// No PEAK chunk (it holds the time of day): the same samples give the same bytes.
final class WavWriter {
  enum Encoding: String, CaseIterable {
    case pcm16, pcm24, float

    var subtype: Int32 {
      switch self {
      case .pcm16: Int32(SF_FORMAT_PCM_16)
      case .pcm24: Int32(SF_FORMAT_PCM_24)
      case .float: Int32(SF_FORMAT_FLOAT)
      }
    }
    /// Bytes of one sample.
    var width: Int {
      switch self {
      case .pcm16: 2
      case .pcm24: 3
      case .float: 4
      }
    }
  }

  let path: String
  private let file: OpaquePointer
  private let channels: Int
  /// Frames in the file, those of an earlier run included.
  private(set) var frames: Int

  /// - Parameter append: goes on after the samples of an existing file, which must have the same rate, channels and
  ///   encoding.
  init(path: String, rate: Int, channels: Int, encoding: Encoding, append: Bool) throws {
    self.path = path
    self.channels = channels
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | (append ? 0 : O_TRUNC), 0o644)
    guard descriptor >= 0 else { throw fileProblem("open", path, errno) }
    var status = stat()
    fstat(descriptor, &status)
    guard status.st_mode & S_IFMT == S_IFREG else {
      Glibc.close(descriptor)
      throw NodeError("\(path) is not a file on a disk, which a WAV header needs; give another path", parameter: "path")
    }
    let exists = status.st_size > 0
    let format = Int32(SF_FORMAT_WAV) | encoding.subtype
    var info = SF_INFO()
    if !exists {
      info.samplerate = Int32(rate)
      info.channels = Int32(channels)
      info.format = format
    }
    guard let file = sf_open_fd(descriptor, Int32(exists ? SFM_RDWR : SFM_WRITE), &info, 1) else {
      throw NodeError("cannot write \(path): \(String(cString: sf_strerror(nil)))", parameter: "path")
    }
    guard info.samplerate == rate, info.channels == channels, info.format == format else {
      sf_close(file)
      throw NodeError(
        "\(path) cannot be appended to: it holds \(info.channels) channels at \(info.samplerate) Hz in another form "
          + "than \(channels) channels at \(rate) Hz as \(encoding.rawValue); leave `append` out, or give another path",
        parameter: "append")
    }
    self.file = file
    frames = Int(exists ? sf_seek(file, 0, SEEK_END) : 0)
    sf_command(file, Int32(SFC_SET_ADD_PEAK_CHUNK), nil, Int32(SF_FALSE))
    sf_command(file, Int32(SFC_SET_CLIPPING), nil, Int32(SF_TRUE))
  }

  deinit { sf_close(file) }

  /// Adds interleaved samples [frames x channels].
  func write(_ samples: UnsafePointer<Float>, frames count: Int) throws {
    errno = 0
    let written = sf_writef_float(file, samples, sf_count_t(count))
    frames += Int(max(0, written))
    guard written == sf_count_t(count) else {
      let code = errno
      if code != 0 { throw fileProblem("write", path, code) }
      throw NodeError("cannot write \(path): \(String(cString: sf_strerror(file)))", parameter: "path")
    }
  }

  /// Makes the header tell what is there.
  func updateHeader() { sf_command(file, Int32(SFC_UPDATE_HEADER_NOW), nil, 0) }
}
