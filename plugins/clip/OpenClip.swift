import Records

/// The sound of one alarm, or a moment worth keeping, while it is collected, and until it is written. Positions are sample indexes.
struct OpenClip {
  /// Why it is kept: `alarm`, `quietest`, `typical`.
  var reason = "alarm"
  /// The alarm's first record, and the last one so far. Moments: a score.
  var event: Record
  var ended: Record?
  /// The file's name without the extension.
  var stem: String
  /// The channels of the sound.
  var channels: Range<Int>
  let begin: Int64
  /// The clip ends here at the latest.
  let limit: Int64
  /// The end that the alarm's own end sets; nil: it goes on.
  var wanted: Int64?
  /// Interleaved.
  var samples: [Float] = []
  var next: Int64
  var gaps: [Range<Int64>] = []
  /// Nanoseconds since the Unix epoch at the first sample; nil: not known.
  var time: Int64?

  init(
    _ event: Record, stem: String, channels: Range<Int>, begin: Int64, limit: Int64, time: Int64?
  ) {
    self.event = event
    self.stem = stem
    self.channels = channels
    self.begin = begin
    self.limit = limit
    self.time = time
    next = begin
  }

  /// A moment of normal sound, complete.
  init(_ moment: Moments.Found, stem: String, channels: Range<Int>, time: Int64?) {
    let end = moment.begin + Int64(moment.samples.count / channels.count)
    self.init(
      moment.record, stem: "\(stem)-\(moment.kind.rawValue)", channels: channels, begin: moment.begin, limit: end,
      time: time)
    reason = moment.kind.rawValue
    samples = moment.samples
    (next, wanted) = (end, end)
  }

  var bytes: Int { samples.count * MemoryLayout<Float>.stride }
  var last: Int64 { min(limit, wanted ?? limit) }
  var isComplete: Bool { next >= last }
  /// The alarm was longer than a clip may be.
  var isCut: Bool { wasCut || (wanted.map { $0 > limit } ?? true) }
  private var wasCut = false

  /// Takes what the memory has up to a sample. What it lacks is lost, and marked.
  ///
  /// - Parameter safe: no alarm that ends before this sample ends the clip earlier.
  mutating func take(from memory: SoundMemory, safe: Int64) {
    let target = min(last, memory.end, wanted == nil ? safe : .max)
    guard target > next else { return }
    if next < memory.begin {
      let lost = next..<min(memory.begin, target)
      samples.append(contentsOf: repeatElement(0, count: lost.count * channels.count))
      mark(lost)
      next = lost.upperBound
    }
    guard target > next else { return }
    memory.copy(next..<target, channels: channels, to: &samples)
    for gap in memory.gaps where gap.overlaps(next..<target) { mark(gap.clamped(to: next..<target)) }
    next = target
  }

  private mutating func mark(_ gap: Range<Int64>) {
    if let last = gaps.last, last.upperBound >= gap.lowerBound {
      gaps[gaps.count - 1] = last.lowerBound..<max(last.upperBound, gap.upperBound)
    } else {
      gaps.append(gap)
    }
  }

  /// Ends the clip with what it has.
  ///
  /// - Parameter early: the sound goes on.
  mutating func end(early: Bool) {
    wasCut = early
    wanted = min(wanted ?? next, next)
  }
}
