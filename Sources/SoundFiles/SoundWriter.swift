import CSndFile
import Glibc
import OutputFiles
import Records

/// Writes sound to an open, empty file, with the time of its first sample: WAV in a `bext` chunk, FLAC in a date tag.
///
/// Thread: control or worker, never two at once.
public final class SoundWriter {
  private let path: String
  private let format: SoundFormat
  private let channels: Int
  private let file: OpaquePointer
  private var isOpen = true
  /// Samples that the format could not hold.
  public private(set) var clipped = 0

  /// - Parameters:
  ///   - descriptor: stays open; the caller closes it.
  ///   - path: for messages.
  ///   - title: what the sound is, a line.
  ///   - time: nanoseconds since the Unix epoch at the first sample; nil: not known.
  public init(
    _ descriptor: Int32, path: String, format: SoundFormat, rate: Int, channels: Int, title: String, time: Int64?
  ) throws(FileProblem) {
    self.path = path
    self.format = format
    self.channels = channels
    var info = SF_INFO()
    info.samplerate = Int32(rate)
    info.channels = Int32(channels)
    info.format = format.number
    guard let file = sf_open_fd(descriptor, Int32(SFM_WRITE), &info, Int32(SF_FALSE)) else {
      throw FileProblem("cannot write \(path): \(String(cString: sf_strerror(nil)))", code: errno)
    }
    self.file = file
    if format == .flac {
      sf_set_string(file, Int32(SF_STR_TITLE), title)
      if let time { sf_set_string(file, Int32(SF_STR_DATE), wallTimeText(time)) }
    } else {
      sf_command(file, Int32(SFC_SET_ADD_PEAK_CHUNK), nil, Int32(SF_FALSE))
      var info = SoundWriter.broadcastInfo(title, time, rate)
      sf_command(file, Int32(SFC_SET_BROADCAST_INFO), &info, Int32(MemoryLayout<SF_BROADCAST_INFO>.size))
    }
  }

  deinit { abandon() }

  /// Leaves the file as it is. Call it before the descriptor is closed.
  public func abandon() {
    if isOpen { sf_close(file) }
    isOpen = false
  }

  /// Adds interleaved samples of whole frames.
  public func write(_ samples: ArraySlice<Float>) throws(FileProblem) {
    guard !samples.isEmpty else { return }
    let frames = sf_count_t(samples.count / channels)
    errno = 0
    let written: sf_count_t
    if format == .flac {
      let integers = samples.map { SoundFormat.integer($0) }
      clipped += samples.count { !($0 >= -1 && $0 < 1) }
      written = sf_writef_int(file, integers, frames)
    } else {
      written = samples.withUnsafeBufferPointer { sf_writef_float(file, $0.baseAddress!, frames) }
    }
    guard written == frames else { throw problem() }
  }

  /// Completes the file.
  public func finish() throws(FileProblem) {
    errno = 0
    sf_write_sync(file)
    guard sf_error(file) == 0 else { throw problem() }
    errno = 0
    isOpen = false
    guard sf_close(file) == 0, errno != ENOSPC, errno != EDQUOT else {
      throw FileProblem("write", path, errno == 0 ? EIO : errno)
    }
  }

  private func problem() -> FileProblem {
    errno == 0
      ? FileProblem("cannot write \(path): \(String(cString: sf_strerror(file)))", code: EIO)
      : FileProblem("write", path, errno)
  }

  private static func broadcastInfo(_ title: String, _ time: Int64?, _ rate: Int) -> SF_BROADCAST_INFO {
    var info = SF_BROADCAST_INFO()
    fill(&info.description, title)
    fill(&info.originator, BroadcastTime.originator)
    guard let time else { return info }
    let moment = BroadcastTime(time, rate: rate)
    fill(&info.origination_date, moment.date)
    fill(&info.origination_time, moment.clock)
    info.time_reference_low = UInt32(truncatingIfNeeded: moment.reference)
    info.time_reference_high = UInt32(truncatingIfNeeded: moment.reference >> 32)
    return info
  }

  private static func fill<T>(_ field: inout T, _ text: String) {
    withUnsafeMutableBytes(of: &field) { $0.copyBytes(from: Array(text.utf8).prefix($0.count)) }
  }
}
