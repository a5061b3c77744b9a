import FileDriver
import FoundationEssentials
import Glibc

/// Facts of an audio file: its format, its length, its level.
public struct FileFacts: Sendable {
  public var path: String
  public var channels: Int
  /// Bytes of a sample in the file; nil: compressed.
  public var sampleWidth: Int?
  /// Frames per second.
  public var rate: Int
  public var frames: Int64
  /// dB full scale; nil: silence, or no samples.
  public var peak: Double?
  public var intensity: Double?
  public var label: String?
  /// For each channel whose sensor is stuck: "channel 2: every sample is 0.5 of full scale".
  public var faults: [String]

  /// When it was recorded; nil: not known.
  public var time: RecordingTime?

  /// Bytes of a frame; nil: compressed.
  public var frameWidth: Int? { sampleWidth.map { $0 * channels } }
  public var seconds: Double { Double(frames) / Double(rate) }

  /// Reads a file to its end. Ignores samples that are not finite.
  ///
  /// - Throws: `AudioFileError`. Calls `warn` for oddities.
  public init(
    path: String, label: String? = nil, times: RecordingTimeRules = RecordingTimeRules(), warn: (String) -> Void
  ) throws {
    let file = try AudioFile(path: path)
    self.path = path
    time = times.time(of: file) { warn("\(path): \($0)") }
    self.label = label
    channels = file.channels
    rate = file.rate
    sampleWidth = file.sampleWidth
    var samples = [Float](repeating: 0, count: 4096 * file.channels)
    var (greatest, squares, count) = (0.0, 0.0, 0)
    var sensors = SensorCheck(channels: channels)
    while true {
      let read = file.read(&samples, frames: 4096)
      guard read > 0 else { break }
      samples.withUnsafeBufferPointer { sensors.add(UnsafeBufferPointer(rebasing: $0[..<(read * file.channels)])) }
      for sample in samples[..<(read * file.channels)] where sample.isFinite {
        let value = Double(abs(sample))
        greatest = max(greatest, value)
        squares += value * value
        count += 1
      }
    }
    frames = file.framesRead
    faults = sensors.problems
    peak = greatest > 0 ? 20 * log10(greatest) : nil
    intensity = squares > 0 ? 10 * log10(squares / Double(count)) : nil
    for warning in file.warnings { warn("\(path): \(warning)") }
  }

  /// Labels by absolute path, from a manifest; otherwise the name of the folder.
  public static func label(of path: String, manifest: [String: String]) -> String {
    if let label = manifest[URL(fileURLWithPath: path).standardizedFileURL.path] { return label }
    let folder = URL(fileURLWithPath: path).standardizedFileURL.deletingLastPathComponent().lastPathComponent
    return Label.canonical(folder)
  }
}
