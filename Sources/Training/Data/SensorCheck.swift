import FileDriver

/// Finds stuck sensors: a recording that stays at one value, or at the ends of its range, says nothing about a machine,
/// and a model of it makes all other sound anomalous.
///
/// Digital silence does not count: it is marked, and never learned from.
public struct SensorCheck: Sendable {
  public enum Fault: Sendable, Equatable {
    /// All samples have one value.
    case constant(Float)
    /// Nearly all samples repeat the one before.
    case held(share: Double)
    /// Most samples are at the ends of the range.
    case clipped(share: Double)
    /// Only the lowest bits of the converter move.
    case dithered(Float)
    /// Samples are NaN or infinite.
    case notFinite(share: Double)

    public var text: String {
      switch self {
      case .notFinite(let share): "\(percent(share)) of the samples are NaN or infinite"
      case .constant(let value): "every sample is \(FigureText.significant(Double(value))) of full scale"
      case .dithered(let value):
        "all samples lie within a few of its converter's steps of \(FigureText.significant(Double(value))) of full scale"
      case .held(let share): "\(percent(share)) of the samples only repeat the one before"
      case .clipped(let share):
        "\(percent(share)) of the samples are at the ends of its range: it is clipped all the time"
      }
    }

    private func percent(_ share: Double) -> String { "\(FigureText.significant(100 * share)) %" }
  }

  /// Shares of all samples that make a fault.
  private static let most = (held: 0.9, clipped: 0.5, notFinite: 0.01)
  /// Relative to full scale: below, a converter has too few levels to recognise an end of the range; above, no
  /// converter gives such samples.
  private static let peaks: ClosedRange<Float> = 0.05...1.05
  private static let steps: Float = 2048

  /// Limit of quantisation noise: number of values, and their distance from each other (steps of 16 bits).
  private static let noise = (values: 4, range: Float(3.5 / 32768))

  private struct Channel {
    var count = 0
    var notFinite = 0
    /// Counted up to one more than noise has.
    var values: [Float] = []
    var held = 0
    var last = Float.nan
    var low = Float.infinity
    var high = -Float.infinity
    /// How often each level of a range slightly beyond full scale occurs.
    var levels = [Int](repeating: 0, count: 2 * Int(SensorCheck.steps) + 257)

    mutating func add(_ sample: Float) {
      guard sample.isFinite else {
        notFinite += 1
        return
      }
      count += 1
      // Zeros may be silence between sounds.
      if sample == last, sample != 0 { held += 1 }
      last = sample
      if values.count <= SensorCheck.noise.values, !values.contains(sample) { values.append(sample) }
      low = min(low, sample)
      high = max(high, sample)
      levels[SensorCheck.level(sample)] += 1
    }

    var fault: Fault? {
      let share = Double(notFinite) / Double(max(1, count + notFinite))
      if share >= SensorCheck.most.notFinite { return .notFinite(share: share) }
      guard count > 1, high != 0 || low != 0 else { return nil }
      if low == high { return .constant(low) }
      // A few samples may have few values.
      if values.count <= SensorCheck.noise.values, high - low <= SensorCheck.noise.range, count >= 1000 {
        return .dithered(values[0])
      }
      let shareHeld = Double(held) / Double(count - 1)
      if let share = shareClipped(shareHeld) { return .clipped(share: share) }
      return shareHeld >= SensorCheck.most.held ? .held(share: shareHeld) : nil
    }

    /// Nil: it is not clipped all the time.
    private func shareClipped(_ shareHeld: Double) -> Double? {
      let (bottom, top) = (SensorCheck.level(low), SensorCheck.level(high))
      guard SensorCheck.peaks.contains(max(-low, high)), bottom != top else { return nil }
      // Zero is not an end of the range: it is silence around an impulse.
      let ends = [bottom, top].map { $0 == SensorCheck.level(0) ? 0 : levels[$0] }
      let (least, both) = (min(ends[0], ends[1]), ends[0] + ends[1])
      // Below full scale a device before the converter clips: samples stay at both ends. A square wave alternates.
      let isLimited = shareHeld >= 0.3 && Double(least) >= 0.05 * Double(count)
      guard Double(both) >= SensorCheck.most.clipped * Double(count), max(-low, high) >= 0.95 || isLimited else {
        return nil
      }
      return Double(both) / Double(count)
    }
  }

  private static func level(_ sample: Float) -> Int {
    let limit = steps + 128
    return Int((max(-limit, min(limit, (sample * steps).rounded())) + limit))
  }

  private var channels: [Channel]

  private let isMono: Bool

  init(channels: Int) {
    self.channels = Array(repeating: Channel(), count: channels)
    isMono = channels == 1
  }

  /// - Parameter samples: interleaved.
  mutating func add(_ samples: UnsafeBufferPointer<Float>) {
    let count = channels.count
    for index in 0..<count {
      for place in stride(from: index, to: samples.count, by: count) { channels[index].add(samples[place]) }
    }
  }

  /// For each channel with a fault: "channel 2: ...".
  var problems: [String] {
    channels.enumerated().compactMap { index, channel in
      channel.fault.map { (isMono ? "" : "channel \(index + 1): ") + $0.text }
    }
  }

  /// The fault of the first channels of a file, as "channel 2: ..."; nil: none.
  ///
  /// - Parameter channels: the number of channels in use.
  /// - Throws: `AudioFileError`.
  static func problem(_ path: String, channels: Int) throws -> String? {
    let file = try AudioFile(path: path)
    var check = SensorCheck(channels: file.channels)
    var samples = [Float](repeating: 0, count: 4096 * file.channels)
    while true {
      let read = file.read(&samples, frames: 4096)
      guard read > 0 else { break }
      samples.withUnsafeBufferPointer { check.add(UnsafeBufferPointer(rebasing: $0[..<(read * file.channels)])) }
    }
    check.channels.removeLast(max(0, check.channels.count - channels))
    return check.problems.first
  }
}
