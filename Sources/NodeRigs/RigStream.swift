import CNodeABI

/// A stream of tokens: its format, and each channel's values one token after the other.
public struct RigStream {
  public var format: RigFormat
  /// [channel][token x width]
  public var channels: [[Float]]

  public init(format: RigFormat, channels: [[Float]]) {
    self.format = format
    self.channels = channels
  }

  /// Audio straight from a driver of this rate.
  public init(audio channels: [[Float]], rate: Int) {
    self.init(format: RigFormat(audioChannels: channels.count, rate: rate), channels: channels)
  }

  /// Tokens (audio: samples).
  public var count: Int { channels[0].count / format.width }

  /// The values of one token of one channel.
  public func token(_ index: Int, channel: Int = 0) -> [Float] {
    Array(channels[channel][(index * format.width)..<((index + 1) * format.width)])
  }

  /// A stretch of tokens.
  public func part(_ range: Range<Int>) -> RigStream {
    let values = (range.lowerBound * format.width)..<(range.upperBound * format.width)
    return RigStream(format: format, channels: channels.map { Array($0[values]) })
  }

  public mutating func append(_ other: RigStream) {
    for channel in channels.indices { channels[channel] += other.channels[channel] }
  }

  /// Bits of all values, for exact comparisons that include NaN.
  public var bits: [[UInt32]] { channels.map { $0.map(\.bitPattern) } }
}

/// A stream's format with its own memory behind its pointers.
public final class RigFormat: @unchecked Sendable {
  public let native: auscult_format
  public let frequencies: [Float]
  private let memory = RigMemory()

  /// Copies what the format points to.
  public init(_ format: auscult_format) {
    frequencies = (0..<Int(format.frequency_count)).compactMap { format.frequencies?[$0] }
    var copy = format
    copy.frequencies = frequencies.isEmpty ? nil : UnsafePointer(memory.array(frequencies))
    copy.machines = memory.texts((0..<Int(format.channels)).map { "machine-\($0)" })
    native = copy
  }

  public convenience init(audioChannels channels: Int, rate: Int) {
    self.init(RigFormat.audio(channels: channels, rate: rate))
  }

  /// Audio at the driver's rate, without names of machines.
  public static func audio(channels: Int, rate: Int) -> auscult_format {
    auscult_format(
      size: UInt32(MemoryLayout<auscult_format>.size), kind: AUSCULT_AUDIO, channels: UInt32(channels), rows: 1,
      columns: 1, driver_rate: UInt32(rate), denominator: 1, period: 1, extent: 1, offset: 0, lookahead: 0,
      stamp: AUSCULT_STAMP_HOST, scale: AUSCULT_SCALE_LINEAR, frequencies: nil, frequency_count: 0, silent_share: 0,
      machines: nil)
  }

  public var isAudio: Bool { native.kind == AUSCULT_AUDIO }
  /// Floats in a token of one channel.
  public var width: Int {
    let values = Int(native.rows) * Int(native.columns)
    return native.kind == AUSCULT_SPECTRUM ? 2 * values : values
  }
}
