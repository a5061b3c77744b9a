import CNodeABI
import NodeKit

/// The last sound of a stream, from which clips are cut. A sample is known by its index: sample k covers the ticks from
/// about k * period on, so that the index stays a sample's place in time across gaps.
///
/// Lost samples are zeros here, and their ranges are kept.
final class SoundMemory {
  let channels: Int
  /// The most samples of a channel.
  let most: Int
  private let period: Int64
  private var samples: [[Float]]
  /// Samples at the front of each array that are no longer kept.
  private var stale = 0
  /// Index of the oldest sample, and the index after the last.
  private(set) var begin: Int64 = 0
  private(set) var end: Int64 = 0
  private var hasBegun = false
  /// Ranges of lost samples, the oldest first.
  private(set) var gaps: [Range<Int64>] = []

  init(_ format: StreamFormat, most: Int) {
    channels = format.channels
    period = format.period
    self.most = most
    samples = Array(repeating: [], count: channels)
  }

  /// Adds all samples of a block, and zeros for those that were lost before it.
  func add(_ block: InputBlock) {
    guard block.count > 0 else { return }
    let first = floorDivide(block.time.beginTicks(block.head(0)) + period / 2, period)
    if !hasBegun || first > end { skip(to: first) }
    // Never backwards: what comes again is heard already.
    let repeated = Int(min(Int64(block.count), max(0, end - first)))
    guard repeated < block.count else { return }
    for channel in 0..<channels {
      samples[channel].append(
        contentsOf: UnsafeBufferPointer(start: block.samples(channel) + repeated, count: block.count - repeated))
    }
    end += Int64(block.count - repeated)
    drop(before: end - Int64(most))
  }

  private func skip(to index: Int64) {
    let isFirst = !hasBegun
    hasBegun = true
    if isFirst, index == 0 { return }
    let lost = max(0, index - end)
    if !isFirst, lost > 0 { gaps.append(end..<index) }
    if isFirst || lost > Int64(most) {
      for channel in 0..<channels { samples[channel].removeAll(keepingCapacity: true) }
      stale = 0
      begin = index
    } else {
      for channel in 0..<channels { samples[channel].append(contentsOf: repeatElement(0, count: Int(lost))) }
    }
    end = index
  }

  /// Forgets samples, once no alarm can need them.
  func drop(before index: Int64) {
    guard index > begin else { return }
    let count = Int(min(index, end) - begin)
    begin += Int64(count)
    stale += count
    gaps.removeAll { $0.upperBound <= begin }
    // The rest is moved only when that is worth it.
    guard stale > samples[0].count / 2 else { return }
    for channel in 0..<channels { samples[channel].removeFirst(stale) }
    stale = 0
  }

  /// Appends the samples of a range that is in the memory, interleaved.
  func copy(_ range: Range<Int64>, channels wanted: Range<Int>, to clip: inout [Float]) {
    let first = stale + Int(range.lowerBound - begin)
    let last = stale + Int(range.upperBound - begin)
    if wanted.count == 1 {
      clip.append(contentsOf: samples[wanted.lowerBound][first..<last])
      return
    }
    clip.reserveCapacity(clip.count + range.count * wanted.count)
    for sample in first..<last {
      for channel in wanted { clip.append(samples[channel][sample]) }
    }
  }
}
