import Records

/// Looks for moments of normal sound that are worth keeping to learn from: of each stretch of `every`, the quietest one and
/// the one whose scores are nearest the median.
///
/// Sound is divided into windows of `length`. A window counts if scores end in it, none is anomalous or flagged, and nothing
/// is lost. Positions are sample indexes.
struct Moments {
  enum Kind: String, CaseIterable {
    case quietest, typical
  }

  /// A window that may be kept.
  struct Found {
    var kind: Kind
    var begin: Int64
    var samples: [Float]
    /// The last score in it.
    var record: Record
    fileprivate var measure: Double
  }

  /// The scores of the present window of a channel.
  private struct Window {
    var number: Int64
    var sum = 0.0
    var count = 0.0
    var isNormal = true
    var last: Record
  }

  private struct Channel {
    var window: Window?
    /// Mean scores of the windows of this stretch, sorted.
    var means: [Double] = []
    var found: [Found] = []
  }

  let kinds: [Kind]
  /// Samples of a window, and of a stretch.
  let length: Int64
  let every: Int64
  private var channels: [Channel]

  init(_ kinds: [Kind], length: Int64, every: Int64, channels: Int) {
    self.kinds = kinds
    self.length = max(1, length)
    self.every = max(self.length, every)
    self.channels = Array(repeating: Channel(), count: channels)
  }

  /// Takes a score that ends before a sample.
  ///
  /// - Returns: what is to be kept of a stretch that is over.
  mutating func take(_ record: Record, end: Int64, _ memory: SoundMemory, _ sound: Range<Int>) -> [Found] {
    guard case .score(let score) = record.content, let channel = record.channel, channels.indices.contains(channel)
    else { return [] }
    let number = max(0, end - 1) / length
    var over: [Found] = []
    if let window = channels[channel].window, window.number != number {
      close(window, channel, memory, sound)
      if window.number * length / every != number * length / every { over = takeAll(channel) }
    }
    var window = channels[channel].window ?? Window(number: number, last: record)
    window.sum += score.score
    window.count += 1
    window.isNormal = window.isNormal && !score.isAnomalous && record.flags.isEmpty
    window.last = record
    channels[channel].window = window
    return over
  }

  /// What is to be kept at the end of the stream; an incomplete window is not.
  mutating func takeAll() -> [Found] { channels.indices.flatMap { takeAll($0) } }

  private mutating func takeAll(_ channel: Int) -> [Found] {
    defer { (channels[channel].found, channels[channel].means) = ([], []) }
    return channels[channel].found
  }

  private mutating func close(_ window: Window, _ channel: Int, _ memory: SoundMemory, _ sound: Range<Int>) {
    channels[channel].window = nil
    let range = (window.number * length)..<((window.number + 1) * length)
    guard window.isNormal, range.lowerBound >= memory.begin, range.upperBound <= memory.end,
      !memory.gaps.contains(where: { $0.overlaps(range) })
    else { return }
    let mean = window.sum / window.count
    let place = channels[channel].means.firstIndex { $0 >= mean } ?? channels[channel].means.count
    channels[channel].means.insert(mean, at: place)
    let median = channels[channel].means[channels[channel].means.count / 2]
    var samples: [Float] = []
    memory.copy(range, channels: sound, to: &samples)
    for kind in kinds {
      let measure = kind == .quietest ? samples.reduce(0) { $0 + Double($1) * Double($1) } : mean
      let found = Found(kind: kind, begin: range.lowerBound, samples: samples, record: window.last, measure: measure)
      keep(found, channel, median: median)
    }
  }

  private mutating func keep(_ new: Found, _ channel: Int, median: Double) {
    guard let index = channels[channel].found.firstIndex(where: { $0.kind == new.kind }) else {
      channels[channel].found.append(new)
      return
    }
    let old = channels[channel].found[index].measure
    let isBetter =
      new.kind == .quietest ? new.measure < old : abs(new.measure - median) < abs(old - median)
    if isBetter { channels[channel].found[index] = new }
  }
}
