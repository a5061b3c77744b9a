import FileDriver
import Records

/// A recording whose time is known: a part of a tape that `sink.wav` writes, or any other file.
public struct TapePart: Sendable {
  public var path: String
  /// Nanoseconds since the Unix epoch at the first sample.
  public var start: Int64
  /// Samples a second of each channel.
  public var rate: Int
  public var frames: Int64
  /// Channels to take, from 0.
  public var channels: Range<Int>

  /// Nanoseconds since the Unix epoch after the last sample.
  public var end: Int64 { time(start, plus: nanoseconds(frames, rate)) }

  /// Which channels to take.
  public enum Channel: Sendable, Equatable {
    case all
    /// From 0.
    case number(Int)
    /// By the names that `sink.wav` notes; a file of one channel without names has the machine's.
    case machine(String)
  }

  /// The part that a file is; nil: its time is not known, or it lacks the channel. `warn` gets a line that says so.
  ///
  /// - Throws: `AudioFileError`
  public init?(
    path: String, channel: Channel, times: RecordingTimeRules, warn: (String) -> Void
  ) throws(AudioFileError) {
    let file = try AudioFile(path: path)
    self.path = path
    rate = file.rate
    // A header may announce any number. Thirty years of sound are more than any recording has.
    frames = min(file.announcedFrames, 1_000_000_000 * Int64(file.rate))
    guard let time = times.time(of: file, warn: { warn("\(path): \($0)") }) else {
      warn("\(path): does not state when it was recorded; left out (--name-time finds times in names)")
      return nil
    }
    start = time.start
    guard let channels = TapePart.channels(channel, of: file) else {
      if case .number(let number) = channel { warn("\(path): has no channel \(number + 1); left out") }
      return nil
    }
    self.channels = channels
  }

  private static func channels(_ channel: Channel, of file: AudioFile) -> Range<Int>? {
    switch channel {
    case .all: return 0..<file.channels
    case .number(let number): return number < file.channels ? number..<(number + 1) : nil
    case .machine(let machine):
      let description = file.broadcastDescription
      if let number = WavDescription.channel(of: machine, in: description) {
        return number < file.channels ? number..<(number + 1) : nil
      }
      return file.channels == 1 && !WavDescription.namesMachines(description) ? 0..<1 : nil
    }
  }
}

/// Nanoseconds of a number of samples. A header may state more samples than nanoseconds can count.
func nanoseconds(_ samples: Int64, _ rate: Int) -> Int64 {
  let (seconds, rest) = samples.quotientAndRemainder(dividingBy: Int64(rate))
  let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
  return isTooLong ? .max : time(whole, plus: rest * 1_000_000_000 / Int64(rate))
}

/// A time and nanoseconds after it; at most the last time, and at least the first, that 64 bits can count.
func time(_ time: Int64, plus nanoseconds: Int64) -> Int64 {
  let (sum, isTooFar) = time.addingReportingOverflow(nanoseconds)
  return isTooFar ? (nanoseconds < 0 ? .min : .max) : sum
}

/// Samples in a number of nanoseconds, rounded to the nearest.
func samples(_ nanoseconds: Int64, _ rate: Int) -> Int64 {
  let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
  return seconds * Int64(rate) + Int64((Double(rest) * Double(rate) / 1e9).rounded())
}
