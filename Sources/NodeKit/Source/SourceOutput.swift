/// Samples on their way out of a source: cleaned, copied and marked, each channel by itself.
///
/// Thread: made on the control thread; the rest where the node runs.
public struct SourceOutput {
  private let thresholds: SourceSample.Thresholds
  private let channels: Int
  /// Samples of a silence, or of a standstill, that counts.
  private let least: Int
  /// Of each channel.
  private let stillness: UnsafeMutablePointer<Stillness>

  /// - Parameter rate: driver frames per second.
  public init(_ thresholds: SourceSample.Thresholds, channels: Int, rate: Int, _ memory: NodeMemory) {
    self.thresholds = thresholds
    self.channels = channels
    least = Stillness.least(rate: rate)
    stillness = memory.array(repeating: Stillness(), count: channels)
  }

  /// Forgets what was heard.
  @_noLocks @_noAllocation
  public func reset() {
    for channel in 0..<channels { stillness[channel] = Stillness() }
  }

  /// Puts the next samples [count] of a channel into the output, `done` behind its begin; marks them where somebody wants
  /// marks.
  @_noLocks @_noAllocation
  public func put(
    _ samples: UnsafePointer<Float>, _ channel: Int, to output: OutputBlock, at done: Int, count: Int,
    isConnected: Bool
  ) {
    let to = output.samples(channel) + done
    guard let marks = output.marks(channel) else { return SourceSample.copy(samples, to: to, count: count) }
    thresholds.copy(samples, to: to, marks: marks + done, count: count, isConnected: isConnected)
    stillness[channel].mark(to, marks + done, count: count, least: least)
  }
}
