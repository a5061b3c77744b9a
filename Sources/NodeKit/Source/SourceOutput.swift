/// Writes the samples of a source to its output: cleans, copies and marks them, channel by channel.
///
/// Thread: `init` on control; all else on the thread that runs the node.
public struct SourceOutput {
  private let thresholds: SourceSample.Thresholds
  private let channels: Int
  /// Least number of samples in a row that count as silence or as stuck.
  private let least: Int
  /// One per channel.
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

  /// Copies the next samples [count] of a channel to the output, from its sample `done` on, with marks if they are
  /// used.
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
